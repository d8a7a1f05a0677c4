import {
  type Forecast,
  type ForecastBuild,
  type PlanForecast,
  STARTS_AFTER,
  sizeWords,
  timeWords,
} from "../../model/forecast.ts";
import type { BuildLimits } from "../../model/limits.ts";
import type { PlanGraph, PlannedPackage } from "../../model/plan.ts";
import type { RunView } from "../../model/run.ts";
import { count, duration } from "../../model/words.ts";
import { planForecast } from "../../operations/forecast.ts";
import { plannedWaves } from "../../operations/plannedWaves.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { title } from "./parts.ts";

/** A plan as people read it: each wave can start when the ones before it are done. */
export interface DryRun extends Omit<PlanForecast, "total" | "waves"> {
  run: string;
  target: string;
  tree: string | null;
  waves: PlannedPackage[][];
  unresolvable: RunView["unresolvable"];
}

/** @param limits what the operator set of how packages are built. */
export function dryRun(view: RunView, graph: PlanGraph, limits?: BuildLimits): DryRun {
  const { run, target, tree, unresolvable } = view;
  const waves = plannedWaves(graph);
  const { work, cores, forecast, notices } = planForecast(graph, waves, view.drones, limits);
  return { run, target, tree, waves, work, cores, forecast, unresolvable, notices: [...view.notices, ...notices] };
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
    sizeWords({ total, waves: plan.waves.length, work: plan.work }),
    ...timeWords(plan),
    ...(plan.forecast ? partLines(plan.forecast, paint) : []),
    "",
    ...plan.notices.map((notice) => `${paint("warn", "!")} ${notice}`),
    "Nothing was built. Build it: swarm run-update",
  );
  return lines;
}

/** Builds of the critical path that are listed at its beginning, and at its end. */
const LISTED = 4;

function partLines({ drones, criticalPath }: Forecast, paint: Paint): string[] {
  const columns = [
    { title: "  DRONE" },
    ...["CORES", "PACKAGES", "BUSY"].map((name) => ({ title: name, align: "right" as const })),
  ];
  return [
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
    return [`  ${cpv}`, drone, String(jobs), coreTime(start), coreTime(end - start), STARTS_AFTER[after]];
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
