import type { BuildFailure } from "./failures.ts";
import type { QueuedOrder } from "./orders.ts";

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

/** Whether a run at this step has ended. */
export function isOver(step: RunStep): boolean {
  return step === "done" || step === "failed" || step === "cancelled";
}

/** One attempt to build one package. */
export interface AttemptView {
  attempt: number;
  drone: string;
  jobs: number;
  /** ms since the epoch */
  startedAt: number;
  endedAt?: number;
  failure?: BuildFailure;
  /** Another attempt was begun instead, or was faster: the number of that one. */
  supersededBy?: number;
  /** It was begun beside another attempt, that went on: the number of that one. */
  copyOf?: number;
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

/** A drone's part in a run. */
export interface RunDrone {
  name: string;
  cores: number;
  slots: number;
  /** Work done per core-second, relative to the machine that estimates are for; absent in runs of earlier versions. */
  speed?: number;
  /** Memory for builds. Bytes; absent where unknown. */
  memoryBytes?: number;
  /** Disk for builds. Bytes; absent where unknown. */
  diskBytes?: number;
  /** Patterns of packages that it never builds, and of those that it builds at all; absent: none and any. */
  exclude?: readonly string[];
  only?: readonly string[];
  /** `verified`: builds; `syncing`; `stale`: left out, see `reason`; `away`: not online now. */
  state: "verified" | "syncing" | "stale" | "away";
  paused: boolean;
  reason: string | null;
  treeTime: string | null;
  building: {
    cpv: string;
    attempt: number;
    startedAt: number;
    jobs: number;
    /** What the build should take there if it had its jobs' cores to itself; absent where unknown. */
    estimateSeconds?: number;
  }[];
}

/** Whether a drone gets work in the run. */
export function isUsable({ state, paused }: RunDrone): boolean {
  return state === "verified" && !paused;
}

/** A package that failed, by its last failure. */
export interface FailedPackage extends Pick<BuildFailure, "phase" | "errorLine" | "around"> {
  cpv: string;
  message: string;
  /** Those that tried. */
  drones: string[];
  /** When the last attempt ended, ms since the epoch; absent in what runs of earlier versions say. */
  failedAt?: number;
}

/** A run as every screen shows it: the answer of the `run` query. Times are ms since the epoch. */
export interface RunView {
  run: string;
  target: string;
  step: RunStep;
  startedAt: number;
  endedAt: number | null;
  stepSince: number;
  counts: RunCounts;
  /** Seconds that the rest should take, null where unknown. */
  etaSeconds: number | null;
  /** Likely not before and not after these, in seconds; null before the first look ahead. */
  etaRange: { low: number; high: number } | null;
  paused: { reason: string; by: string; since: number } | null;
  /** Packages that could start now and wait for a drone, and since when the first of them could; absent: there is none. */
  queue?: { ready: number; since: number };
  /** CPVs that an operator put first and that are not built yet; absent where there are none. */
  prioritized?: string[];
  /** What was ordered meanwhile: a run of it begins after this one; absent where nothing was. */
  queued?: QueuedOrder[];
  /** What was ordered meanwhile, and why no run of it has begun, or will by itself; absent: nothing was lost so. */
  unstarted?: { queued: QueuedOrder[]; reason: string };
  /** What is ready though no drone could ever build it, at most a few; absent where there is none. */
  stuck?: { cpv: string; why: string }[];
  drones: RunDrone[];
  plan: string | null;
  tree: string | null;
  bundle: string | null;
  /** Snapshot compared with. */
  base: string | null;
  /** Snapshot published. */
  snapshot: string | null;
  /** What ended it, or what it waits for, one sentence. */
  reason: string | null;
  unresolvable: { atoms: string[]; class: string; text: string }[];
  notices: string[];
  /** `around` of those that failed last only. */
  failed: FailedPackage[];
  /** Operator actions and refusals of signals, newest last, at most 20. */
  events: { at: number; text: string }[];
  options: { autoFinalize: boolean; acceptFailed: boolean };
}

/** Whether it was a dry run, which has ended with its plan. */
export function isOnlyPlan({ step, snapshot, counts }: Pick<RunView, "step" | "snapshot" | "counts">): boolean {
  return step === "done" && snapshot === null && counts.needed > 0;
}

/** One execution of a world update, as the engine lists it. */
export interface RunRecord {
  run: string;
  target: string;
  /** In Temporal's words: RUNNING, COMPLETED, FAILED, TERMINATED... */
  status: string;
  /** The run's step when it last said it. */
  step: string | null;
  startedBy: string | null;
  /** ms since the epoch */
  startedAt: number;
  endedAt: number | null;
  /** Engine's id of the (last) execution. */
  executionId: string;
}
