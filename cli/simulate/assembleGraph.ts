import { needsFirst } from "../../scheduler/bound.ts";
import { findCycles, type GraphPackage } from "../../scheduler/packageGraph.ts";
import type { GraphParts } from "./graphSchema.ts";

/**
 * Makes a graph of the checked parts of a file, its packages in merge order, and adds what is wrong with the parts
 * together to `problems`. The result is of use only where there are none.
 */
export function assembleGraph(parts: GraphParts, problems: string[]): GraphPackage[] {
  const { nodes, edges, names } = parts;
  const needs: Set<number>[] = nodes.map(() => new Set());
  const reaches: Set<number>[] = nodes.map(() => new Set());

  const known = (place: string, ...ends: number[]): boolean => {
    const missing = ends.filter((end) => end >= nodes.length);
    for (const end of missing) problems.push(`${place}: there is no node ${end}, the last one is ${nodes.length - 1}`);
    return missing.length === 0;
  };
  duplicates(nodes.map((node) => node?.[0])).forEach(([cpv, places]) => {
    problems.push(`nodes ${places.join(", ")} are all ${cpv}: each package may be there once`);
  });
  nodes.forEach((node, i) => {
    if (node && node[7] > node[6]) {
      problems.push(
        `node ${i} (${node[0]}): serial_s ${node[7]} is more than work_core_s ${node[6]}, which it is part of`,
      );
    }
  });
  edges.forEach((edge, i) => {
    if (!edge || !known(`edge ${i}`, edge[0], edge[1])) return;
    const [a, b, kind] = edge;
    // Needed after the merge only.
    if (kind.startsWith("p")) return;
    reaches[a]?.add(b);
    // Portage broke a cycle here.
    if (!kind.endsWith("x")) needs[a]?.add(b);
  });
  const lists = needs.map((own) => [...own]);
  for (const cycle of findCycles(lists)) {
    const members = [...cycle, ...cycle.slice(0, 1)].map((i) => names[i]);
    problems.push(
      `a cycle: ${members.join(" needs ")}. Mark the edge that may be broken with x after its kind, or take it out`,
    );
  }
  const order = mergeOrder(parts, lists, problems);
  const place = new Int32Array(nodes.length);
  order.forEach((i, at) => {
    place[i] = at;
  });
  const moved = (old: Iterable<number>): number[] => Array.from(old, (i) => place[i] ?? 0).sort((a, b) => a - b);
  return order.map((i): GraphPackage => {
    const [cpv = "", , , , , , work = 0, serial = 0, width = 1] = nodes[i] ?? [];
    return { cpv, work: { work, serial, width }, needs: moved(needs[i] ?? []), reaches: moved(reaches[i] ?? []) };
  });
}

/** The file's order, or one that follows from the needs where it has none. */
function mergeOrder({ order, nodes }: GraphParts, needs: readonly number[][], problems: string[]): number[] {
  if (order === undefined) return needsFirst(needs);
  const seen = new Set(order);
  if (order.length === nodes.length && seen.size === nodes.length && order.every((i) => i < nodes.length)) return order;
  const [twice] = duplicates(order);
  const stranger = order.find((i) => i >= nodes.length);
  const missing = nodes.findIndex((_, i) => !seen.has(i));
  const what =
    stranger !== undefined
      ? `there is no node ${stranger}`
      : twice !== undefined
        ? `node ${twice[0]} is there ${twice[1].length} times`
        : `node ${missing} is missing`;
  problems.push(`order: must name each node once: ${what}`);
  return order;
}

/** What is there more than once, with all its places. */
function duplicates<T>(values: readonly (T | undefined)[]): [T, number[]][] {
  const places = new Map<T, number[]>();
  values.forEach((value, i) => {
    if (value === undefined) return;
    const known = places.get(value);
    if (known) known.push(i);
    else places.set(value, [i]);
  });
  return [...places].filter(([, all]) => all.length > 1);
}
