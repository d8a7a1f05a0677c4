import type { PlanGraph } from "../model/plan.ts";
import { stronglyConnected } from "./components.ts";

/**
 * Which packages may start, and how much work hangs on each.
 *
 * A package may start when each of its build-time needs is *installable*: received (or present), and its run-time
 * needs installable too. Run-time needs may be cyclic, so installability is asked of whole run-time components. Where
 * even that is a cycle (A is built with B, B needs A at run time), Portage's merge order, which is the order of the
 * graph, decides: a package then waits only for what comes before it.
 *
 * Nodes 0..n-1 are packages ("it is received"), n.. are run-time components ("all of it is installable").
 */
export class DependencyGraph {
  readonly size: number;
  readonly #waits: number[][];
  readonly #waiters: number[][];
  /** Number of nodes that a node still waits for. */
  readonly #open: Int32Array;
  readonly #done: Uint8Array;
  readonly #dependents: number[][];
  readonly #topological: number[];

  constructor(graph: PlanGraph) {
    const { packages } = graph;
    this.size = packages.length;
    const runComponents = stronglyConnected(packages.map((p) => p.run));
    const total = this.size + runComponents.count;
    const component = (i: number): number => this.size + (runComponents.of[i] ?? 0);

    const waits: number[][] = Array.from({ length: total }, () => []);
    packages.forEach((p, i) => {
      for (const need of p.build) waits[i]?.push(component(need));
      waits[component(i)]?.push(i);
      for (const need of p.run) if (component(need) !== component(i)) waits[component(i)]?.push(component(need));
    });
    const cycles = stronglyConnected(waits);
    for (let i = 0; i < this.size; i++) {
      const inCycle = (node: number): boolean => cycles.of[node] === cycles.of[i];
      const own = waits[i] ?? [];
      if (!own.some(inCycle)) continue;
      const earlier = closure(graph, i).filter((member) => member < i);
      waits[i] = [...own.filter((node) => !inCycle(node)), ...earlier];
    }
    this.#waits = waits.map((nodes) => [...new Set(nodes)]);
    this.#waiters = Array.from({ length: total }, () => []);
    this.#waits.forEach((nodes, node) => {
      for (const other of nodes) this.#waiters[other]?.push(node);
    });
    this.#dependents = Array.from({ length: this.size }, () => []);
    packages.forEach((p, i) => {
      for (const need of [...p.build, ...p.run]) if (need !== i) this.#dependents[need]?.push(i);
    });

    this.#topological = topological(this.#waits, this.#waiters);
    this.#open = Int32Array.from(this.#waits, (nodes) => nodes.length);
    this.#done = new Uint8Array(total);
    packages.forEach((p, i) => {
      if (p.present) this.#settle(i);
    });
    for (let node = this.size; node < total; node++) if (this.#open[node] === 0) this.#settle(node);
  }

  /** Whether everything that the package is built with is installable. */
  isReady(index: number): boolean {
    return this.#open[index] === 0;
  }

  /**
   * Of each package the seconds of the longest path from its start to the end of everything that waits for it.
   * @param seconds of a package's own build; 0 where it will not be built.
   */
  remaining(seconds: (index: number) => number): Float64Array {
    const remaining = new Float64Array(this.#waits.length);
    for (const node of this.#topological.toReversed()) {
      let longest = 0;
      for (const waiter of this.#waiters[node] ?? []) longest = Math.max(longest, remaining[waiter] ?? 0);
      remaining[node] = longest + (node < this.size ? seconds(node) : 0);
    }
    return remaining.subarray(0, this.size);
  }

  /** Marks a package received; returns the packages that became ready by it. */
  receive(index: number): number[] {
    return this.#settle(index);
  }

  /** The packages not yet received that must be received before a package starts: direct ones first. */
  waitsFor(index: number): number[] {
    const found: number[] = [];
    const seen = new Set<number>([index]);
    const queue = [...(this.#waits[index] ?? [])];
    for (const node of queue) {
      if (seen.has(node) || this.#done[node]) continue;
      seen.add(node);
      if (node < this.size) found.push(node);
      else queue.push(...(this.#waits[node] ?? []));
    }
    return found;
  }

  /** Everything that needs a package, at build time or run time, directly or not. */
  dependents(index: number): number[] {
    const seen = new Set<number>([index]);
    const queue = [index];
    for (const node of queue) {
      for (const next of this.#dependents[node] ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
    return queue.slice(1);
  }

  #settle(start: number): number[] {
    const ready: number[] = [];
    const queue = [start];
    for (const node of queue) {
      if (this.#done[node]) continue;
      this.#done[node] = 1;
      for (const waiter of this.#waiters[node] ?? []) {
        const open = (this.#open[waiter] ?? 0) - 1;
        this.#open[waiter] = open;
        if (open !== 0 || this.#done[waiter]) continue;
        // A component without open needs is installable at once; a package must still be built.
        if (waiter >= this.size) queue.push(waiter);
        else ready.push(waiter);
      }
    }
    return ready;
  }
}

/** Nodes in an order in which each comes after what it waits for. */
function topological(waits: readonly number[][], waiters: readonly number[][]): number[] {
  const open = Int32Array.from(waits, (nodes) => nodes.length);
  const order: number[] = [];
  open.forEach((count, node) => {
    if (count === 0) order.push(node);
  });
  for (const node of order) {
    for (const waiter of waiters[node] ?? []) {
      const left = (open[waiter] ?? 0) - 1;
      open[waiter] = left;
      if (left === 0) order.push(waiter);
    }
  }
  return order;
}

/** Build-time needs of a package and their run-time closure. */
export function closure(graph: PlanGraph, index: number): number[] {
  const seen = new Set<number>(graph.packages[index]?.build);
  for (const node of seen) for (const need of graph.packages[node]?.run ?? []) seen.add(need);
  return [...seen];
}
