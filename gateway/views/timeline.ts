import { barsOf } from "../../model/bars.ts";
import type { PackageView, RunDrone, RunView } from "../../model/run.ts";
import type { Timeline } from "../../model/timeline.ts";
import { criticalChain } from "../../scheduler/criticalChain.ts";
import { DependencyGraph } from "../../scheduler/graph.ts";
import type { SimBuild } from "../../scheduler/simulate.ts";
import type { RunGraph } from "./graphs.ts";

/** What each drone built, and when. @param critical CPVs of the path that decides when all is done */
export function timelineOf(run: RunView, packages: readonly PackageView[], critical: ReadonlySet<string>): Timeline {
  const bars = barsOf(packages, { critical, endedAt: run.endedAt });
  const now = run.endedAt ?? Date.now();
  const drones = [...new Set([...run.drones.map(({ name }) => name), ...bars.map(({ drone }) => drone)])].sort();
  return {
    from: bars.reduce((first, { start }) => Math.min(first, start), bars[0]?.start ?? run.startedAt),
    to: bars.reduce((last, { end }) => Math.max(last, end ?? now), run.startedAt),
    ...{ drones, bars },
  };
}

/** What of a graph stays as it is while it is built. */
class Shape {
  readonly needs: readonly (readonly number[])[];
  readonly #graph: RunGraph;
  readonly #dependencies: DependencyGraph;
  #drones = "";
  #seconds = new Float64Array();

  constructor(graph: RunGraph) {
    this.needs = graph.graph.packages.map((_, position) => graph.needsAt(position));
    this.#graph = graph;
    this.#dependencies = new DependencyGraph(graph.graph);
  }

  /** Of each open package the seconds of the longest path from its begin to the end of all. */
  remaining(drones: readonly RunDrone[], isOpen: Uint8Array): Float64Array {
    const seconds = this.#secondsOn(drones);
    return this.#dependencies.remaining((position) => (isOpen[position] === 1 ? (seconds[position] ?? 0) : 0));
  }

  /** What each takes on these: the same for as long as they are. */
  #secondsOn(drones: readonly RunDrone[]): Float64Array {
    const key = dronesKey(drones);
    if (key !== this.#drones) {
      this.#seconds = Float64Array.from(this.needs, (_, position) => this.#graph.secondsAt(position, drones) ?? 0);
      this.#drones = key;
    }
    return this.#seconds;
  }
}

/** What estimates depend on. */
export function dronesKey(drones: readonly RunDrone[]): string {
  return JSON.stringify(drones.map(({ cores, speed }) => [cores, speed]));
}

const shapes = new WeakMap<RunGraph, Shape>();

function shapeOf(graph: RunGraph): Shape {
  const known = shapes.get(graph) ?? new Shape(graph);
  shapes.set(graph, known);
  return known;
}

/**
 * The path that decides when all is done, first to last: of what was built, the builds that each waited for the one before;
 * of what is still to build, the longest that waits, by the estimates.
 */
export function criticalPath(run: RunView, packages: readonly PackageView[], graph: RunGraph): string[] {
  const shape = shapeOf(graph);
  const isOpen = new Uint8Array(shape.needs.length);
  const builds: SimBuild[] = [];
  for (const { cpv, state, attempts } of packages) {
    const index = graph.positions.get(cpv);
    if (index === undefined) continue;
    if (state === "needed" || state === "delegated") isOpen[index] = 1;
    const last = attempts.at(-1);
    if (state !== "received" || !last?.endedAt) continue;
    const [start, end] = [last.startedAt / 1000, last.endedAt / 1000];
    builds.push({ index, drone: last.drone, jobs: last.jobs, start, end, outcome: "built" });
  }
  const ahead = pathAhead(graph, shape.remaining(run.drones, isOpen), isOpen);
  const waited = ahead[0] === undefined ? null : new Set(shape.needs[ahead[0]]);
  // The chain up to what the open path waited for last, else up to the last build of all.
  let last: SimBuild | undefined;
  for (const build of builds) {
    if ((waited?.has(build.index) ?? true) && (!last || build.end >= last.end)) last = build;
  }
  const { end: until = 0, index: final = -1 } = last ?? {};
  const before = builds.filter(({ end, index }) => end < until || index === final);
  const past = criticalChain({ makespan: 0, builds: looselyTimed(before), idle: NO_IDLE, wasted: 0 }, shape.needs);
  return [...past.map(({ build }) => build.index), ...ahead].flatMap(
    (position) => graph.graph.packages[position]?.cpv ?? [],
  );
}

const NO_IDLE = { dependencies: 0, heldBack: 0, tail: 0, lost: 0 };
/** In a real run some time passes between the end of one build and the begin of what waited for it. s */
const GAP = 30;

/** Moves each begin back to the last end before it, if that is near: the chain is told by times that are the same. */
function looselyTimed(builds: readonly SimBuild[]): SimBuild[] {
  const ends = Float64Array.from(builds, ({ end }) => end).sort();
  return builds.map((build) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) <= build.start) low = middle + 1;
      else high = middle;
    }
    const before = ends[low - 1];
    return before !== undefined && build.start - before < GAP ? { ...build, start: before } : build;
  });
}

/** Of what is open the path that takes longest. */
function pathAhead(graph: RunGraph, remaining: Float64Array, isOpen: Uint8Array): number[] {
  const longest = (positions: Iterable<number>): number | undefined => {
    let best: number | undefined;
    for (const position of positions) {
      if (isOpen[position] === 1 && (best === undefined || (remaining[position] ?? 0) > (remaining[best] ?? 0)))
        best = position;
    }
    return best;
  };
  const path: number[] = [];
  const seen = new Set<number>();
  for (let at = longest(isOpen.keys()); at !== undefined && !seen.has(at); at = longest(graph.usersAt(at))) {
    seen.add(at);
    path.push(at);
  }
  return path;
}
