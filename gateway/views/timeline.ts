import { barsOf } from "../../model/bars.ts";
import type { PackageView, RunView } from "../../model/run.ts";
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

/**
 * The path that decides when all is done, first to last: of what was built, the builds that each waited for the one before;
 * of what is still to build, the longest that waits, by the estimates.
 */
export function criticalPath(run: RunView, packages: readonly PackageView[], graph: RunGraph): string[] {
  const views = new Map(packages.map((each) => [each.cpv, each]));
  const size = graph.graph.packages.length;
  const isOpen = (position: number): boolean => {
    const pkg = graph.graph.packages[position];
    const state = pkg && views.get(pkg.cpv)?.state;
    return state === "needed" || state === "delegated";
  };
  const ahead = pathAhead(run, graph, size, isOpen);
  const builds: SimBuild[] = [];
  for (const { cpv, state, attempts } of packages) {
    const last = attempts.at(-1);
    const index = graph.positions.get(cpv);
    if (state !== "received" || !last?.endedAt || index === undefined) continue;
    const [start, end] = [last.startedAt / 1000, last.endedAt / 1000];
    builds.push({ index, drone: last.drone, jobs: last.jobs, start, end, outcome: "built" });
  }
  const first = ahead[0];
  const before = first === undefined ? builds : builds.filter(({ index }) => graph.needsAt(first).includes(index));
  // The chain up to what the open path waited for last, else up to the last build of all.
  const last = before.toSorted((a, b) => a.end - b.end).at(-1);
  const needs = graph.graph.packages.map((_, position) => graph.needsAt(position));
  const until = last ? builds.filter(({ end, index }) => end < last.end || index === last.index) : [];
  const past = criticalChain({ makespan: 0, builds: looselyTimed(until), idle: NO_IDLE, wasted: 0 }, needs);
  return [...past.map(({ build }) => build.index), ...ahead].flatMap(
    (position) => graph.graph.packages[position]?.cpv ?? [],
  );
}

const NO_IDLE = { dependencies: 0, heldBack: 0, tail: 0, lost: 0 };
/** In a real run some time passes between the end of one build and the begin of what waited for it. s */
const GAP = 30;

/** Moves each begin back to the last end before it, if that is near: the chain is told by times that are the same. */
function looselyTimed(builds: readonly SimBuild[]): SimBuild[] {
  const ends = builds.map(({ end }) => end).sort((a, b) => a - b);
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
function pathAhead(run: RunView, graph: RunGraph, size: number, isOpen: (position: number) => boolean): number[] {
  const remaining = new DependencyGraph(graph.graph).remaining((position) =>
    isOpen(position) ? (graph.secondsAt(position, run.drones) ?? 0) : 0,
  );
  const longest = (positions: Iterable<number>): number | undefined => {
    let best: number | undefined;
    for (const position of positions) {
      if (isOpen(position) && (best === undefined || (remaining[position] ?? 0) > (remaining[best] ?? 0)))
        best = position;
    }
    return best;
  };
  const path: number[] = [];
  const seen = new Set<number>();
  for (let at = longest(Array(size).keys()); at !== undefined && !seen.has(at); at = longest(graph.usersAt(at))) {
    seen.add(at);
    path.push(at);
  }
  return path;
}
