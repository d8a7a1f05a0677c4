import type { BuildFailure } from "./failures.ts";

/** The closed set of package states. */
export const PACKAGE_STATES = ["needed", "delegated", "received", "failed", "skipped"] as const;
export type PackageState = (typeof PACKAGE_STATES)[number];

/** The steps of a run, in order; `gate` waits for finalize. */
export const RUN_STEPS = [
  "sync",
  "verify",
  "resolve",
  "build",
  "gate",
  "publish",
  "done",
  "failed",
  "cancelled",
] as const;
export type RunStep = (typeof RUN_STEPS)[number];

/** One attempt to build one package. */
export interface AttemptView {
  attempt: number;
  drone: string;
  jobs: number;
  /** ms since the epoch */
  startedAt: number;
  endedAt?: number;
  failure?: BuildFailure;
}

/** One package of a run, as status shows it. */
export interface PackageView {
  cpv: string;
  state: PackageState;
  /** Why it is built. */
  reason: string;
  attempts: AttemptView[];
  /** For `skipped`: the failed package that is the cause. For waiting ones: see `why`. */
  cause?: string;
}

export interface RunCounts {
  /** Not started: waiting or ready. */
  needed: number;
  delegated: number;
  received: number;
  failed: number;
  skipped: number;
}
