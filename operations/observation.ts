import { createHash } from "node:crypto";
import type { Observation, ObservedRun, RunStarts } from "../model/alerts.ts";
import type { RunView } from "../model/run.ts";

/** A build's start as far as one knows, and how many packages had come to an end by then. */
export type RunStart = RunStarts[string];

/** When a build was started last, as far as one can see. That one has ended is a sign of one that was not seen. */
export function startOf(view: RunView, before: RunStart | undefined, at: number): RunStart {
  const { counts, drones, paused } = view;
  const ended = counts.received + counts.failed + counts.skipped;
  const seen = drones.flatMap(({ building }) => building.map(({ startedAt }) => startedAt));
  // A pause does not count as waiting.
  const lives = before === undefined || before.ended !== ended || paused !== null;
  return { at: Math.max(before?.at ?? 0, lives ? at : 0, ...seen), ended };
}

/**
 * Packages are ready, nothing was started for long, and that is not because every drone is busy: one has nothing to do, or
 * none takes work at all.
 */
export function stalled(view: RunView, start: RunStart, at: number, minutes: number): ObservedRun["stalled"] {
  if (minutes === 0 || view.step !== "build" || view.paused !== null || !view.queue) return null;
  const able = view.drones.filter(({ state, paused, reason }) => state === "verified" && !paused && reason === null);
  if (able.length > 0 && able.every(({ building }) => building.length > 0)) return null;
  const since = Math.max(start.at, view.queue.since, view.stepSince);
  return at - since < minutes * 60_000 ? null : { ready: view.queue.ready, since };
}

/** Of what the rules judge by, and nothing that changes by itself. */
export function digestOf({
  rules,
  channels,
  drones,
  disks,
  runs,
  lastRunAt,
}: Omit<Observation, "at" | "digest" | "starts">) {
  const matter = [
    rules,
    channels,
    drones.map(({ name, state, grounded }) => [name, state === "suspect" ? "online" : state, grounded !== null]),
    disks.map(({ name, level }) => [name, level]),
    runs.map(({ run, step, reason, paused, left, failed, stalled: stands, publishProblem }) => [
      ...[run, steady(step), step === "failed" ? reason : null, paused?.since, left > 0, failed.map(({ cpv }) => cpv)],
      ...[stands !== null, publishProblem !== null],
    ]),
    lastRunAt,
  ];
  return createHash("sha256").update(JSON.stringify(matter)).digest("hex").slice(0, 32);
}

/** The steps before the gate are alike to alerts. */
const steady = (step: RunView["step"]): string =>
  step === "sync" || step === "verify" || step === "resolve" ? "build" : step;
