import type { RunView } from "../../model/run.ts";

/** The part of a run that is shown as it is. */
export type RunHead = Omit<
  RunView,
  "counts" | "etaSeconds" | "etaRange" | "drones" | "failed" | "prioritized" | "queued" | "stuck"
>;

/** What begins a run. */
export interface NewRun {
  run: string;
  target: string;
  now: number;
  options: RunView["options"];
}

/** A run before its first step. */
export function newHead(start: NewRun): RunHead {
  return {
    run: start.run,
    target: start.target,
    step: "sync",
    startedAt: start.now,
    endedAt: null,
    stepSince: start.now,
    paused: null,
    plan: null,
    tree: null,
    bundle: null,
    base: null,
    snapshot: null,
    reason: null,
    unresolvable: [],
    notices: [],
    events: [],
    options: start.options,
  };
}

const MAX_EVENTS = 20;

/** What people will want to know later: the last few are kept. */
export function note(head: RunHead, text: string, now: number): void {
  head.events.push({ at: now, text });
  if (head.events.length > MAX_EVENTS) head.events.shift();
}

/** Nothing new starts from now on. */
export function pause(head: RunHead, reason: string, by: string, now: number): void {
  head.paused = { reason, by, since: now };
  note(head, `paused by ${by}: ${reason}`, now);
}
