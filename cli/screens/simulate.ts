import { count, duration } from "../../model/words.ts";
import type { IdleTime } from "../../scheduler/simulate.ts";
import type { Paint } from "../paint.ts";
import type { SimulationReport } from "../simulate/report.ts";
import { table } from "../text.ts";
import { title } from "./parts.ts";

/** Builds of the critical path that are listed; the longest are, where there are more. */
const LISTED = 20;

/** `swarm simulate`: one policy in detail, several side by side. */
export function simulateScreen(report: SimulationReport, paint: Paint): string[] {
  const { graph, drones, policies } = report;
  const cores = coresOf(drones);
  const lines = [
    title(`SIMULATION OF ${graph.name}`, paint),
    `${count(graph.packages, "package")}, ${hours(graph.work)} of work, on ${count(drones.length, "drone")} with ${cores} cores`,
    ...(report.noise > 0 || report.failRate > 0 ? [randomLine(report)] : []),
    "",
  ];
  const [only] = policies;
  if (policies.length > 1 || !only) return [...lines, ...comparison(report)];
  lines.push(
    `Makespan     ${duration(only.makespan * 1000)}`,
    `Lower bound  ${duration(only.bound * 1000)}${report.boundPath === null ? "" : ` (${boundWords(report)})`}`,
    `Ratio        ${only.ratio.toFixed(3)}${only.worst > only.ratio ? `, ${only.best.toFixed(3)} to ${only.worst.toFixed(3)}` : ""}`,
    ...(only.failed + only.lost > 0
      ? [`Ended badly  ${count(only.failed, "build")} failed, ${only.lost} lost with their drone (mean of a seed)`]
      : []),
    ...(only.dropped > 0
      ? [
          `Moved        ${count(only.dropped, "build")} given up for another on a better drone, ${hours(only.wasted)} of work`,
        ]
      : []),
    `Idle cores   ${idleWords(only.idle, cores * only.makespan)}`,
    ...(report.plan === null ? [] : [`Looked ahead ${planWords(report.plan)}`]),
    `Decisions    ${only.decisions.decisions} in ${(only.decisions.totalMs / 1000).toFixed(2)} s of CPU, median ${only.decisions.medianMs.toFixed(2)} ms, p99 ${only.decisions.p99Ms.toFixed(2)} ms`,
  );
  if (report.chain !== null) lines.push("", ...chainLines(report.chain, paint));
  return lines;
}

function randomLine({ noise, failRate, seeds }: SimulationReport): string {
  const parts = [
    ...(noise > 0 ? [`true times differ from the estimates with sigma ${noise}`] : []),
    ...(failRate > 0 ? [`${(failRate * 100).toFixed(1)} % of the builds fail`] : []),
  ];
  const which = seeds.length === 1 ? `seed ${seeds[0]}` : `mean of seeds ${seeds[0]} to ${seeds.at(-1)}`;
  return `${parts.join(", ")}; ${which}`;
}

function planWords({ runs, seconds, expected }: NonNullable<SimulationReport["plan"]>): string {
  return `${count(runs, "simulated run")} in ${seconds.toFixed(1)} s, expected ${duration(expected * 1000)}`;
}

function boundWords({ boundPath, boundByPath }: SimulationReport): string {
  if (!boundByPath) return "all cores busy to the end";
  const names = boundPath ?? [];
  const shown = names.length > 6 ? [...names.slice(0, 3), "...", ...names.slice(-2)] : names;
  return `the longest path, each package alone on the biggest drone: ${shown.join(" > ")}`;
}

function comparison({ policies, drones }: SimulationReport): string[] {
  const cores = coresOf(drones);
  const best = Math.min(...policies.map((p) => p.ratio));
  const columns = [
    { title: "POLICY" },
    ...["MAKESPAN", "BOUND", "RATIO", "TO BEST", "IDLE", "CPU"].map((name) => ({
      title: name,
      align: "right" as const,
    })),
  ];
  const rows = policies.map((p) => [
    p.policy,
    duration(p.makespan * 1000),
    duration(p.bound * 1000),
    p.ratio.toFixed(3),
    `x${(p.ratio / best).toFixed(2)}`,
    percent(idleOf(p.idle), cores * p.makespan),
    `${(p.decisions.totalMs / 1000).toFixed(2)} s`,
  ]);
  return table(columns, rows);
}

const idleOf = (idle: IdleTime): number => idle.dependencies + idle.heldBack + idle.tail + idle.lost;

function idleWords(idle: IdleTime, capacity: number): string {
  const part = (seconds: number): string => percent(seconds, capacity);
  const causes: [number, string][] = [
    [idle.dependencies, "nothing else was ready"],
    [idle.heldBack, "ready packages held back"],
    [idle.tail, "everything had started"],
    [idle.lost, "the drone was lost"],
  ];
  const told = causes.filter(([seconds]) => seconds > 0).map(([seconds, why]) => `${part(seconds)} ${why}`);
  return `${hours(idleOf(idle))}, ${part(idleOf(idle))}${told.length > 0 ? `: ${told.join(", ")}` : ""}`;
}

function chainLines(chain: NonNullable<SimulationReport["chain"]>, paint: Paint): string[] {
  const alone = chain.reduce((sum, link) => sum + link.alone, 0);
  const taken = chain.reduce((sum, link) => sum + link.end - link.start, 0);
  const waits = chain.filter((link) => link.after === "room").length;
  const lines = [
    title(`CRITICAL PATH: ${count(chain.length, "build")}`, paint),
    `${duration(taken * 1000)} of building, ${duration((taken - alone) * 1000)} of it by sharing cores; ${waits} waited for room`,
  ];
  const shown = new Set(chain.toSorted((a, b) => b.end - b.start - (a.end - a.start)).slice(0, LISTED));
  const columns = [
    ...[{ title: "  PACKAGE" }, { title: "DRONE" }, { title: "JOBS", align: "right" as const }],
    ...["START", "TOOK", "ALONE"].map((name) => ({ title: name, align: "right" as const })),
    { title: "STARTED AFTER" },
  ];
  const rows = chain
    .filter((link) => shown.has(link))
    .map((link) => [
      `  ${link.cpv}`,
      ...[link.drone, String(link.jobs), duration(link.start * 1000)],
      ...[duration((link.end - link.start) * 1000), duration(link.alone * 1000)],
      { nothing: "the beginning", needs: "what it needs", room: "room on a drone", retry: "a try that failed" }[
        link.after
      ],
    ]);
  lines.push(...table(columns, rows));
  if (chain.length > shown.size) lines.push(`  and ${chain.length - shown.size} shorter ones between`);
  return lines;
}

const coresOf = (drones: SimulationReport["drones"]): number => drones.reduce((sum, d) => sum + d.cores, 0);

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(whole, 1e-9)).toFixed(1)} %`;
}

function hours(coreSeconds: number): string {
  return `${(coreSeconds / 3600).toFixed(1)} core-hours`;
}
