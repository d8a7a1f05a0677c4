import type { AttemptRecord, HistorySummary } from "../../model/history.ts";
import { bytes, count, duration, timestamp } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { title } from "./parts.ts";

/** Attempts that are told at once. */
const MOST = 1_000;

/** `swarm history PACKAGE`: newest first. */
export function attemptsScreen(
  { total, attempts }: { total: number; attempts: readonly AttemptRecord[] },
  paint: Paint,
): string[] {
  if (total === 0) return ["No build of that is recorded. What is: swarm history"];
  const rows = attempts.map((each) => [
    timestamp(each.startedAt),
    each.cpv,
    each.target,
    each.drone,
    `-j${each.jobs}`,
    outcome(each, paint),
    duration(each.endedAt - each.startedAt),
    each.cpuSeconds === null ? "" : duration(each.cpuSeconds * 1000),
    each.peakMemoryBytes === null ? "" : bytes(each.peakMemoryBytes),
    each.peakDiskBytes ? bytes(each.peakDiskBytes) : "",
    each.artifactBytes === null ? "" : bytes(each.artifactBytes),
    each.message ?? "",
  ]);
  const phased = attempts.find(({ phases }) => phases.length > 0);
  return [
    ...table(
      [
        { title: "STARTED" },
        { title: "PACKAGE" },
        { title: "TARGET" },
        { title: "DRONE" },
        { title: "JOBS" },
        { title: "RESULT" },
        { title: "TOOK", align: "right" },
        { title: "CPU", align: "right" },
        { title: "MEMORY", align: "right" },
        { title: "DISK", align: "right" },
        { title: "SIZE", align: "right" },
        { title: "" },
      ],
      rows,
    ),
    ...(phased ? ["", phasesLine(phased)] : []),
    ...(total > attempts.length
      ? [
          "",
          `${attempts.length} of ${total} attempts.${attempts.length < MOST ? ` More: --limit ${Math.min(MOST, total)}` : ""}`,
        ]
      : []),
  ];
}

function outcome({ result }: AttemptRecord, paint: Paint): string {
  if (result === "built") return paint("good", result);
  return paint(result === "cancelled" || result === "lost" || result === "stale" ? "warn" : "bad", result);
}

/** Where the time of one build went. */
function phasesLine({ cpv, startedAt, prepareSeconds, phases, uploadSeconds }: AttemptRecord): string {
  const steps = [{ name: "prepare", seconds: prepareSeconds }, ...phases, { name: "upload", seconds: uploadSeconds }];
  const words = steps.flatMap(({ name, seconds }) => (seconds === null ? [] : [`${name} ${brief(seconds)}`]));
  return `${cpv} of ${timestamp(startedAt)}: ${words.join(", ")}`;
}

function brief(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)}s` : duration(seconds * 1000);
}

/** `swarm history` */
export function summaryScreen({ attempts, packages, drones }: HistorySummary, paint: Paint): string[] {
  if (attempts === 0) return ["Nothing was built yet. Start a run: swarm run-update"];
  return [
    title(`HISTORY: ${count(attempts, "attempt")}`, paint),
    ...table(
      [
        { title: "PACKAGE, BY TOTAL TIME" },
        { title: "ATTEMPTS", align: "right" },
        { title: "FAILED", align: "right" },
        { title: "TOTAL", align: "right" },
        { title: "SLOWEST", align: "right" },
      ],
      packages.map((each) => [
        each.name,
        String(each.attempts),
        failures(each, paint),
        duration(each.totalSeconds * 1000),
        each.slowestSeconds === null ? "never built" : duration(each.slowestSeconds * 1000),
      ]),
    ),
    "",
    ...table(
      [
        { title: "DRONE" },
        { title: "ATTEMPTS", align: "right" },
        { title: "FAILED", align: "right" },
        { title: "TOTAL", align: "right" },
      ],
      drones.map((each) => [
        each.drone,
        String(each.attempts),
        failures(each, paint),
        duration(each.totalSeconds * 1000),
      ]),
    ),
    "",
    "One package: swarm history NAME",
  ];
}

function failures({ failures, attempts }: { failures: number; attempts: number }, paint: Paint): string {
  if (failures === 0) return "0";
  return paint("bad", `${failures} (${Math.round((100 * failures) / attempts)} %)`);
}
