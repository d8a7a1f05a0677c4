import { stronglyConnected } from "./components.ts";
import { Random } from "./random.ts";
import type { SimPackage } from "./simulate.ts";
import type { Work } from "./work.ts";

/** A package of a graph with what it costs. */
export interface GraphPackage {
  cpv: string;
  work: Work;
  /** Indices of packages that must be built before. */
  needs: readonly number[];
  /** The same, and the needs at which Portage broke a cycle: they constrain no order, but its parallel rule asks of them. */
  reaches: readonly number[];
}

/** Packages in Portage's merge order, the needs of all of them without a cycle. */
export interface PackageGraph {
  name: string;
  packages: readonly GraphPackage[];
}

/** The graph for the simulator, with estimates that are exact. */
export function exactly(graph: PackageGraph): SimPackage[] {
  return graph.packages.map(({ work, needs }) => ({ estimate: work, sigma: 0, truth: work, needs }));
}

/**
 * The graph for the simulator, with estimates that are wrong: the true work is log-normal around the estimate.
 * @param sigma of ln(truth / estimate), which the scheduler is told.
 */
export function disturbed(graph: PackageGraph, sigma: number, seed: number): SimPackage[] {
  const random = new Random(seed);
  return graph.packages.map(({ work, needs }) => {
    const factor = Math.exp(sigma * random.normal());
    const truth = { work: work.work * factor, serial: work.serial * factor, width: work.width };
    return { estimate: work, sigma, truth, needs };
  });
}

/**
 * Cycles of a graph given as adjacency lists: for each of its knots a shortest one through its first member. Empty where
 * there is none.
 */
export function findCycles(edges: readonly (readonly number[])[]): number[][] {
  const { of } = stronglyConnected(edges);
  const seen = new Set<number>();
  const cycles: number[][] = [];
  for (let start = 0; start < edges.length; start++) {
    const knot = of[start] ?? -1;
    if (seen.has(knot)) continue;
    const cycle = cycleThrough(start, edges, of);
    if (cycle) {
      seen.add(knot);
      cycles.push(cycle);
    }
  }
  return cycles;
}

/** Breadth first from a node back to itself, inside its component. */
function cycleThrough(start: number, edges: readonly (readonly number[])[], of: Int32Array): number[] | null {
  const from = new Map<number, number>();
  const queue = [start];
  for (const node of queue) {
    for (const next of edges[node] ?? []) {
      if (next === start) {
        const path = [node];
        for (let at = node; at !== start; at = path.at(-1) ?? start) path.push(from.get(at) ?? start);
        return path.reverse();
      }
      if (of[next] !== of[start] || from.has(next)) continue;
      from.set(next, node);
      queue.push(next);
    }
  }
  return null;
}
