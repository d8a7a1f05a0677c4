import type { BuildLimits } from "../../model/limits.ts";
import type { PlanGraph, PlannedPackage } from "../../model/plan.ts";
import type { RunView } from "../../model/run.ts";
import { count, duration } from "../../model/words.ts";
import { plannedWaves } from "../../operations/plannedWaves.ts";
import { type Forecast, type ForecastBuild, forecast, foreseenStuck, isUsable } from "../forecast.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { title } from "./parts.ts";

/** A plan as people read it: each wave can start when the ones before it are done. */
export interface DryRun {
  run: string;
  target: string;
  tree: string | null;
  waves: PlannedPackage[][];
  /** Core-seconds of everything. */
  work: number;
  /** Cores of the drones that were verified and are not paused. */
  cores: number;
  /** What it would take on those drones; null where there is none, or nothing to build. */
  forecast: Forecast | null;
  unresolvable: RunView["unresolvable"];
  notices: string[];
}

/** @param limits what the operator set of how packages are built. */
export function dryRun(view: RunView, graph: PlanGraph, limits?: BuildLimits): DryRun {
  const waves = plannedWaves(graph);
  return {
    run: view.run,
    target: view.target,
    tree: view.tree,
    waves,
    work: waves.flat().reduce((sum, each) => sum + each.estimate, 0),
    cores: view.drones.reduce((sum, drone) => sum + (isUsable(drone) ? drone.cores : 0), 0),
    forecast: forecast(graph, view.drones, limits),
    unresolvable: view.unresolvable,
    notices: [...view.notices, ...foreseenStuck(graph, view.drones, limits)],
  };
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
  lines.push(
    ...(plan.forecast
      ? forecastLines(plan.forecast, paint)
      : [
          `How long it would take is unknown: ${plan.cores > 0 ? "no drone may build any of it" : "no drone was verified"}. Look: swarm drones`,
        ]),
    "",
    ...plan.notices.map((notice) => `${paint("warn", "!")} ${notice}`),
    "Nothing was built. Build it: swarm run-update",
  );
  return lines;
}

/** Builds of the critical path that are listed at its beginning, and at its end. */
const LISTED = 4;

function forecastLines({ seconds, bound, asEstimated, drones, criticalPath }: Forecast, paint: Paint): string[] {
  const cores = drones.reduce((sum, each) => sum + each.cores, 0);
  const [low, expected, high] = [seconds.low, seconds.expected, seconds.high].map(coreTime);
  const why = bound.byPath ? "the longest path, each package alone" : "all cores busy to the end";
  const columns = [
    { title: "  DRONE" },
    ...["CORES", "PACKAGES", "BUSY"].map((name) => ({ title: name, align: "right" as const })),
  ];
  return [
    `On ${count(drones.length, "verified drone")} with ${cores} cores: about ${expected}${low === high ? "" : `, likely ${low} to ${high}`}`,
    `If the estimates are right: ${coreTime(asEstimated)}; no schedule is faster than ${coreTime(bound.seconds)} (${why})`,
    ...table(
      columns,
      drones.map(({ name, cores, packages, busy }) => [
        `  ${name}`,
        String(cores),
        String(packages),
        `${Math.round(100 * busy)} %`,
      ]),
    ),
    paint("name", `Critical path: ${count(criticalPath.length, "build")}, the end of which is the end of all`),
    ...pathLines(criticalPath),
  ];
}

function pathLines(path: readonly ForecastBuild[]): string[] {
  const row = ({ cpv, drone, jobs, start, end, after }: ForecastBuild): string[] => {
    const cause = { nothing: "the beginning", needs: "what it needs", room: "room on a drone", retry: "a failed try" };
    return [`  ${cpv}`, drone, String(jobs), coreTime(start), coreTime(end - start), cause[after]];
  };
  const between = path.length > 2 * LISTED + 1 ? path.slice(LISTED, -LISTED) : [];
  const [first] = between;
  const last = between.at(-1);
  const [titles = "", ...rows] = table(
    [
      ...[{ title: "  PACKAGE" }, { title: "DRONE" }, { title: "JOBS", align: "right" as const }],
      ...[
        { title: "START", align: "right" as const },
        { title: "TAKES", align: "right" as const },
      ],
      { title: "STARTS AFTER" },
    ],
    path.filter((build) => !between.includes(build)).map(row),
  );
  if (!first || !last) return [titles, ...rows];
  const more = `  and ${between.length} more between, ${coreTime(last.end - first.start)}`;
  return [titles, ...rows.slice(0, LISTED), more, ...rows.slice(LISTED)];
}

function coreTime(seconds: number): string {
  return duration(seconds * 1000);
}
