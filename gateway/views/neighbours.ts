import type { GraphAnswer } from "../../model/answers.ts";
import type { PackageView, RunView } from "../../model/run.ts";
import { HttpError } from "../errors.ts";
import type { RunGraph } from "./graphs.ts";

/** More than these are no picture any more. */
const MAX_NODES = 2_000;

/** Part of a run's graph: what is around a package, or the path that decides when all is done. */
export function neighboursOf(
  run: RunView,
  packages: readonly PackageView[],
  graph: RunGraph,
  { around, depth }: { around?: string | undefined; depth: number },
  critical: readonly string[],
): GraphAnswer {
  const members = new Set<number>();
  if (around === undefined) {
    for (const cpv of critical) members.add(graph.positions.get(cpv) ?? -1);
  } else {
    const start = graph.positions.get(around);
    if (start === undefined) {
      throw new HttpError(404, `${around} is not in the graph of ${run.run}`, "It builds nothing of that name.");
    }
    spread(members, start, depth, (position) => graph.needsAt(position));
    spread(members, start, depth, (position) => graph.usersAt(position));
  }
  const name = (position: number): string => graph.graph.packages[position]?.cpv ?? "";
  const names = new Set([...members].map(name));
  const states = new Map(packages.flatMap(({ cpv, state }) => (names.has(cpv) ? [[cpv, state]] : [])));
  return {
    nodes: [...members].map((position) => ({
      cpv: name(position),
      state: states.get(name(position)) ?? "present",
      estimateSeconds: graph.secondsAt(position, run.drones),
    })),
    edges: [...members].flatMap((from) =>
      graph.needsAt(from).flatMap((to): [string, string][] => (members.has(to) ? [[name(from), name(to)]] : [])),
    ),
    critical: [...critical],
  };
}

/** Adds what is reached in so many steps, the nearest first. */
function spread(
  members: Set<number>,
  start: number,
  depth: number,
  next: (position: number) => readonly number[],
): void {
  const seen = new Set([start]);
  let border = [start];
  members.add(start);
  for (let step = 0; step < depth; step++) {
    const reached: number[] = [];
    for (const position of border.flatMap((each) => next(each))) {
      if (seen.has(position)) continue;
      seen.add(position);
      if (members.size >= MAX_NODES) return;
      members.add(position);
      reached.push(position);
    }
    border = reached;
  }
}
