import { etaWords, STEP_WORDS } from "../../model/marks.ts";
import { queuedWords } from "../../model/orders.ts";
import type { Reading, Service } from "../../model/reading.ts";
import type { RunView } from "../../model/run.ts";
import { duration } from "../../model/words.ts";
import { nextAction } from "../../operations/nextAction.ts";
import type { Paint } from "../paint.ts";
import { droneTable } from "./drones.ts";
import { excerptLines, SOME_LINES } from "./excerpt.ts";
import { label, nextActionLines, tick, title } from "./parts.ts";

/** Failed packages that are shown, and how many of them with the lines around the error. */
const MAX_FAILED = 10;
const EXCERPTS = 3;

/** `swarm status`: the whole swarm on one screen, and the one command that helps now (left out while it is followed). */
export function statusScreen(reading: Reading, paint: Paint, show = { nextAction: true }): string[] {
  return [
    title("BUILD SWARM STATUS", paint),
    servicesLine(reading, paint),
    ...problems(reading, paint),
    ...runLines(reading, paint),
    ...troubles(reading, paint),
    ...(show.nextAction ? failures(reading, paint) : []),
    ...reading.others.map(({ run, target, step }) => {
      return `${label("Also")}${run}   ${step ?? "running"}   swarm status --target ${target}`;
    }),
    ...droneTable(reading, paint),
    ...(show.nextAction ? nextActionLines(nextAction(reading), paint) : []),
  ];
}

function servicesLine({ engine, orchestrators, binhost }: Reading, paint: Paint): string {
  const service = ({ address, problem }: Service): string => `${tick(problem === null, paint)} ${address}`;
  const number = orchestrators === 0 ? paint("bad", "0") : String(orchestrators ?? "?");
  return `${label("Engine")}${service(engine)}      Orchestrators: ${number}      Binhost: ${service(binhost)}`;
}

function problems({ engine, binhost, runProblem }: Reading, paint: Paint): string[] {
  return [engine.problem, binhost.problem, runProblem].flatMap((problem) =>
    problem === null ? [] : problem.split("\n").map((line) => `  ${paint("bad", line)}`),
  );
}

function runLines({ run, runProblem, engine, orchestrators, at }: Reading, paint: Paint): string[] {
  if (run === null) {
    const isKnown = engine.problem === null && runProblem === null && orchestrators !== 0;
    return [`${label("Run")}${isKnown ? "none" : "unknown: nobody answers for it"}`];
  }
  return [runLine(run, at, paint), ...countLines(run, paint), ...remarks(run, paint)];
}

/** What is tried again and again, such as an upload to a binhost without space. */
function troubles({ building }: Reading, paint: Paint): string[] {
  return building.flatMap(({ cpv, phase, problem }) => {
    const [first = ""] = (problem ?? "").split("\n");
    return first === "" ? [] : [`  ${paint("warn", `${cpv}: ${phase} is tried again:`)} ${first}`];
  });
}

/** What failed, with the lines around the error of the first few. */
function failures({ run }: Reading, paint: Paint): string[] {
  const failed = run?.failed ?? [];
  const shown = failed
    .slice(0, MAX_FAILED)
    .flatMap((each, i) => [
      `  ${paint("bad", "✗")} ${each.cpv} (${each.drones.join(", ")}): ${each.message}`,
      ...(i < EXCERPTS ? excerptLines(each, paint, SOME_LINES) : []),
    ]);
  if (failed.length === 0) return [];
  const more = failed.length > MAX_FAILED ? [`  and ${failed.length - MAX_FAILED} more`] : [];
  return [...shown, ...more, `  → Look: swarm logs --failed, swarm logs ${failed[0]?.cpv ?? ""}`];
}

/** The line of a run: its id, step, age and what is left. */
export function runLine(run: RunView, at: number, paint: Paint): string {
  const [word, style] = run.paused ? (["paused", "warn"] as const) : STEP_WORDS[run.step];
  const parts = [run.run, paint(style, word), duration((run.endedAt ?? at) - run.startedAt)];
  const eta = etaWords(run);
  if (eta !== null) parts.push(`ETA ${eta}`);
  return `${label("Run")}${parts.join("   ")}`;
}

function countLines({ counts }: RunView, paint: Paint): string[] {
  const total = counts.needed + counts.delegated + counts.received + counts.failed + counts.skipped;
  if (total === 0) return [];
  const bad = (number: number): string => (number > 0 ? paint("bad", String(number)) : "0");
  const parts = [
    `Needed: ${counts.needed}`,
    `Building: ${counts.delegated}`,
    `Complete: ${paint("good", String(counts.received))}`,
    `Blocked: ${bad(counts.failed)}`,
    `Skipped: ${bad(counts.skipped)}`,
  ];
  return [`  ${parts.join("   ")}`];
}

/** A run's reason where it tells more than its step does. */
export function reasonOf({ reason, step }: RunView): string | null {
  return reason === "" || reason === STEP_WORDS[step][0] ? null : reason;
}

function remarks(run: RunView, paint: Paint): string[] {
  const lines: string[] = [];
  const reason = reasonOf(run);
  if (run.prioritized) lines.push(`  First: ${run.prioritized.join(", ")}, with all that they need`);
  if (run.queued) lines.push(`  Then: ${queuedWords(run.queued)}`);
  if (reason !== null) lines.push(`  ${run.step === "failed" ? paint("bad", reason) : reason}`);
  for (const { atoms, class: kind, text } of run.unresolvable) {
    lines.push(`  ${paint("bad", "✗")} ${atoms.join(", ")} (${kind})`);
    if (run.step === "failed")
      lines.push(
        ...text
          .trimEnd()
          .split("\n")
          .map((line) => `      ${line}`),
      );
  }
  return lines;
}
