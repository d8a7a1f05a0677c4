import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import type { GraphPackage, PlanGraph } from "../../model/plan.ts";
import { packageRoot } from "../../system/packageRoot.ts";

/** The columns that are read of a node: cpv ... work_core_s; graphs/README.md has the whole schema. */
const GraphFile = z.object({
  nodes: z.array(z.tuple([z.string()], z.unknown()).transform((node) => [node[0], z.number().parse(node[6])] as const)),
  edges: z.array(z.tuple([z.number(), z.number(), z.string()])),
  order: z.array(z.number()),
});

/**
 * The first `count` packages, in merge order, of the official tree of 2014. What they need comes before them, so that
 * every such part is closed.
 */
export async function treeGraph(count: number): Promise<PlanGraph> {
  const file = join(packageRoot(), "graphs", "tree2014.json.gz");
  const { nodes, edges, order } = GraphFile.parse(JSON.parse(gunzipSync(await readFile(file)).toString()));
  const taken = order.slice(0, count);
  const position = new Map(taken.map((node, i) => [node, i]));
  const packages = taken.map((node): GraphPackage => {
    const [cpv = "", estimate = 0] = nodes[node] ?? [];
    return { cpv, estimate, build: [], run: [], reason: "new" };
  });
  for (const [from, to, kind] of edges) {
    const [a, b] = [position.get(from), position.get(to)];
    // Post-merge needs never order builds, and Portage breaks a cycle at the edges that have an x.
    if (a === undefined || b === undefined || kind.startsWith("p") || kind.endsWith("x")) continue;
    packages[a]?.build.push(b);
  }
  for (const { build } of packages) build.sort((a, b) => a - b);
  return { packages };
}
