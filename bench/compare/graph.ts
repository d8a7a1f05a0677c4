import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { secondsOn } from "../../scheduler/work.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import type { Task } from "./contestant.ts";

/** What is needed of a graph file; its nodes' fields are described in the docs of the graphs. */
const graphSchema = z.object({
  nodes: z.array(
    z
      .tuple([
        z.string(),
        z.string(),
        z.string(),
        z.string(),
        z.string(),
        z.number(),
        z.number(),
        z.number(),
        z.number(),
      ])
      .rest(z.unknown()),
  ),
  edges: z.array(z.tuple([z.int(), z.int(), z.string()])),
  /** Portage's merge order: a topological order. */
  order: z.array(z.int()),
});

/** A package of the graph without a command. */
export interface GraphNode {
  name: string;
  needs: number[];
  work: number;
  /** Wall seconds of its build on `CORES` cores, by the graph's own formula. */
  seconds: number;
}

/** The cores that a build of the comparison is taken to have. */
export const CORES = 4;

/** The desktop graph in merge order; with a size, its first packages, which need nothing after them. */
export async function desktopGraph(size?: number): Promise<GraphNode[]> {
  const text = await readFile(join(packageRoot(), "graphs", "desktop.json"), "utf8");
  const { nodes, edges, order } = graphSchema.parse(JSON.parse(text));
  const chosen = order.slice(0, size);
  const position = new Map(chosen.map((node, i) => [node, i]));
  const needs = chosen.map(() => new Set<number>());
  for (const [from, to, kind] of edges) {
    // Post-merge needs order nothing; x marks where Portage broke a cycle.
    if (!/^[br]/.test(kind) || kind.endsWith("x")) continue;
    const [dependent, need] = [position.get(from), position.get(to)];
    if (dependent !== undefined && need !== undefined) needs[dependent]?.add(need);
  }
  return chosen.map((node, i) => {
    const [cpv, , , , , , work, serial, width] = nodes[node] ?? nodes[0] ?? missing(node);
    return { name: cpv, needs: [...(needs[i] ?? [])], work, seconds: secondsOn({ work, serial, width }, CORES) };
  });
}

/** The same graph with a command for each package; `seconds` is how long the command of a package takes. */
export function tasksOf(
  nodes: readonly GraphNode[],
  command: (node: GraphNode) => string[],
  seconds: (node: GraphNode) => number,
): Task[] {
  const remaining = nodes.map(seconds);
  for (let i = nodes.length - 1; i >= 0; i--) {
    for (const need of nodes[i]?.needs ?? []) {
      const through = (remaining[i] ?? 0) + seconds(nodes[need] ?? missing(need));
      remaining[need] = Math.max(remaining[need] ?? 0, through);
    }
  }
  return nodes.map((node, i) => ({
    ...{ name: node.name, needs: node.needs, work: node.work },
    ...{ command: command(node), remaining: remaining[i] ?? 0 },
  }));
}

function missing(node: number): never {
  throw new Error(`the graph has no package ${node}`);
}
