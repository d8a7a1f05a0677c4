import type { PlanGraph } from "../../model/plan.ts";
import type { RunView } from "../../model/run.ts";
import { DependencyGraph } from "../../scheduler/graph.ts";
import type { Paint } from "../paint.ts";
import { count, duration, table } from "../text.ts";
import { title } from "./parts.ts";

/** One package that a run would build. */
export interface PlannedPackage {
  cpv: string;
  reason: string;
  /** Estimated core-seconds. */
  estimate: number;
  /** What it is built with that is built in the same run. */
  needs: string[];
}

/** A plan as people read it: each wave can start when the ones before it are done. */
export interface DryRun {
  run: string;
  target: string;
  tree: string | null;
  waves: PlannedPackage[][];
  /** Core-seconds of everything. */
  work: number;
  /** Cores of the drones that were verified. */
  cores: number;
  unresolvable: RunView["unresolvable"];
  notices: string[];
}

export function dryRun(view: RunView, graph: PlanGraph): DryRun {
  const waves = wavesOf(graph).map((wave) => wave.map((index) => planned(graph, index)));
  return {
    run: view.run,
    target: view.target,
    tree: view.tree,
    waves,
    work: waves.flat().reduce((sum, each) => sum + each.estimate, 0),
    cores: view.drones.reduce((sum, drone) => sum + (drone.state === "verified" ? drone.cores : 0), 0),
    unresolvable: view.unresolvable,
    notices: view.notices,
  };
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

/** `swarm run-update --dry-run`. */
export function dryRunScreen(plan: DryRun, paint: Paint): string[] {
  const total = plan.waves.flat().length;
  const lines = [title(`PLAN OF ${plan.target}`, paint)];
  for (const { atoms, class: kind, text } of plan.unresolvable) {
    lines.push(`${paint("bad", "✗")} ${atoms.join(", ")} does not resolve (${kind})`);
    lines.push(
      ...text
        .trimEnd()
        .split("\n")
        .map((line) => `    ${line}`),
    );
  }
  if (total === 0) return [...lines, "Nothing has to be built: everything that the target needs is published already."];
  plan.waves.forEach((wave, index) => {
    lines.push(paint("name", `Wave ${index + 1}: ${count(wave.length, "package")}`));
    const rows = wave.map(({ cpv, estimate, reason }) => [`  ${cpv}`, coreTime(estimate), reason]);
    lines.push(...table([{ title: "  PACKAGE" }, { title: "ESTIMATE", align: "right" }, { title: "WHY" }], rows));
  });
  lines.push(
    "",
    `${count(total, "package")} in ${count(plan.waves.length, "wave")}, about ${coreTime(plan.work)} of one core's work`,
  );
  if (plan.cores > 0)
    lines.push(`At least ${duration((plan.work / plan.cores) * 1000)} on the ${plan.cores} cores of the drones.`);
  lines.push(
    ...plan.notices.map((notice) => `${paint("warn", "!")} ${notice}`),
    "Nothing was built. Build it: swarm run-update",
  );
  return lines;
}

function coreTime(seconds: number): string {
  return duration(seconds * 1000);
}
