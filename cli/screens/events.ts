import { STEP_WORDS } from "../../model/marks.ts";
import type { AttemptView, PackageView, RunView } from "../../model/run.ts";
import { clock, count, duration } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { excerptLines, SOME_LINES } from "./excerpt.ts";
import { reasonOf } from "./status.ts";

/** What happened to the packages of a run from one look to the next, a line each; a failure with the lines around its error. */
export function packageEvents(before: readonly PackageView[], after: readonly PackageView[], paint: Paint): string[] {
  const known = new Map(before.map((each) => [each.cpv, each]));
  return after
    .flatMap((now) => eventsOf(known.get(now.cpv), now, paint))
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => `${paint("faint", clock(at))}  ${text}`);
}

interface Event {
  at: number;
  text: string;
}

function eventsOf(before: PackageView | undefined, now: PackageView, paint: Paint): Event[] {
  const events = now.attempts.flatMap((attempt, index) => attemptEvents(before?.attempts[index], attempt, now, paint));
  const became = now.state !== (before?.state ?? "needed");
  const at = now.attempts.at(-1)?.endedAt ?? Date.now();
  if (became && now.state === "failed") {
    events.push({ at, text: `${paint("bad", "✗")} ${now.cpv} is blocked: its builds failed` });
  }
  if (became && now.state === "skipped") {
    events.push({
      at: Date.now(),
      text: `${paint("warn", "-")} ${now.cpv} is skipped: it needs ${now.cause ?? "a failed package"}`,
    });
  }
  return events;
}

function attemptEvents(
  before: AttemptView | undefined,
  now: AttemptView,
  { cpv, state }: PackageView,
  paint: Paint,
): Event[] {
  const events: Event[] = [];
  if (!before) events.push({ at: now.startedAt, text: `${paint("name", "→")} ${cpv} on ${now.drone} (-j${now.jobs})` });
  if (now.endedAt === undefined || before?.endedAt !== undefined) return events;
  const took = `${now.drone}, ${duration(now.endedAt - now.startedAt)}`;
  if (now.failure) {
    const lines = excerptLines(now.failure, paint, SOME_LINES);
    const text = `${paint("bad", "✗")} ${cpv} (${took}): ${now.failure.message}`;
    events.push({ at: now.endedAt, text: [text, ...lines].join("\n") });
  } else if (now.supersededBy === undefined && state === "received") {
    events.push({ at: now.endedAt, text: `${paint("good", "✓")} ${cpv} (${took})` });
  }
  return events;
}

/** What happened to the run itself. */
export function runEvents(before: RunView | null, after: RunView, paint: Paint): string[] {
  const lines: Event[] = [];
  if (before?.step !== after.step) {
    const total = after.counts.needed + after.counts.delegated + after.counts.received;
    const reason = reasonOf(after);
    const detail = after.step === "build" ? ` ${count(total, "package")}` : reason === null ? "" : `: ${reason}`;
    lines.push({ at: after.stepSince, text: `${after.run}: ${STEP_WORDS[after.step][0]}${detail}` });
  }
  if (before?.step !== after.step && after.step === "build") {
    for (const notice of after.notices) lines.push({ at: after.stepSince, text: `${paint("warn", "!")} ${notice}` });
  }
  for (const drone of after.drones) {
    const was = before?.drones.find((each) => each.name === drone.name);
    if (was?.state === drone.state) continue;
    const why = drone.reason ? `: ${drone.reason}` : "";
    if (drone.state === "stale")
      lines.push({ at: Date.now(), text: `${paint("warn", "!")} ${drone.name} is STALE${why}` });
    if (drone.state === "away" && was)
      lines.push({ at: Date.now(), text: `${paint("warn", "!")} ${drone.name} is away${why}` });
    if (drone.state === "verified") lines.push({ at: Date.now(), text: `${drone.name} takes part` });
  }
  const seen = new Set(before?.events.map(({ at, text }) => `${at} ${text}`));
  for (const event of after.events) if (!seen.has(`${event.at} ${event.text}`)) lines.push(event);
  return lines.sort((a, b) => a.at - b.at).map(({ at, text }) => `${paint("faint", clock(at))}  ${text}`);
}
