import type { RunView } from "../../model/run.ts";

/** The part of a run that is shown as it is. */
export type RunHead = Omit<
  RunView,
  "counts" | "etaSeconds" | "etaRange" | "drones" | "failed" | "prioritized" | "stuck"
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
