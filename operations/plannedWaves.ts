import type { PlanGraph, PlannedPackage } from "../model/plan.ts";
import { DependencyGraph } from "../scheduler/graph.ts";

/** What a run builds, in waves: each can start when the ones before it are done. */
export function plannedWaves(graph: PlanGraph): PlannedPackage[][] {
  return wavesOf(graph).map((wave) => wave.map((index) => planned(graph, index)));
}

function planned(graph: PlanGraph, index: number): PlannedPackage {
  const { cpv = "", reason = "", estimate = 0, build = [] } = graph.packages[index] ?? {};
  const needs = build.flatMap((need) => {
    const other = graph.packages[need];
    return other && !other.present ? [other.cpv] : [];
  });
  return { cpv, reason, estimate, needs };
}

/** Positions of the packages to build, by the wave in which each could start at the earliest. */
function wavesOf(graph: PlanGraph): number[][] {
  const dependencies = new DependencyGraph(graph);
  let left = graph.packages.flatMap((each, index) => (each.present ? [] : [index]));
  const waves: number[][] = [];
  while (left.length > 0) {
    const wave = left.filter((index) => dependencies.isReady(index));
    // The graph settles every cycle, so some package is always ready.
    if (wave.length === 0) throw new Error(`the plan has a cycle among ${left.length} packages`);
    for (const index of wave) dependencies.receive(index);
    const done = new Set(wave);
    left = left.filter((index) => !done.has(index));
    waves.push(wave);
  }
  return waves;
}
