import type { DroneState } from "./fleet.ts";
import type { RunStep } from "./run.ts";

/** From the mildest on; a channel gets what is at least as bad as its own. */
export const ALERT_SEVERITIES = ["info", "warning", "critical"] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** What is watched, each with how bad it is. */
export const ALERT_RULES = {
  "waits-for-finalize": "info",
  "run-paused": "warning",
  "nothing-starts": "warning",
  "drone-lost": "warning",
  "drone-grounded": "warning",
  "package-failed": "warning",
  "low-disk": "critical",
  "publish-failed": "critical",
  "run-failed": "critical",
  "no-run": "warning",
} as const satisfies Record<string, AlertSeverity>;
export type AlertRule = keyof typeof ALERT_RULES;

/** Whether a severity is at least as bad as another. */
export function isAtLeast(severity: AlertSeverity, least: AlertSeverity): boolean {
  return ALERT_SEVERITIES.indexOf(severity) >= ALERT_SEVERITIES.indexOf(least);
}

/** What the rules are set to. False or 0: that rule is off. */
export interface AlertRules {
  waitsForFinalize: boolean;
  /** A run is paused with work left for so long. */
  pausedMinutes: number;
  /** Nothing was started for so long while packages were ready. */
  nothingStartsMinutes: number;
  droneLost: boolean;
  droneGrounded: boolean;
  packageFailed: boolean;
  publishFailed: boolean;
  runFailed: boolean;
  /** Of drones and the binhost: less is free. */
  lowDiskGib: number;
  /** No run was started for so long. */
  noRunDays: number;
  /** One alert is told once in so long, however often it comes and goes. */
  quietMinutes: number;
}

/** One thing that is wrong, or was. Times are ms since the epoch. */
export interface Alert {
  /** Rule and subject: what makes two alerts the same. */
  key: string;
  rule: AlertRule;
  /** A drone, a run, a package, a disk. */
  subject: string;
  severity: AlertSeverity;
  /** The situation, short, e.g. `drone izar is lost`. */
  title: string;
  text: string;
  /** The command that helps; null: none of ours does. */
  command: string | null;
  since: number;
  /** Null: it lasts. */
  endedAt: number | null;
}

export interface ChannelView {
  name: string;
  minSeverity: AlertSeverity;
  lastSuccess: number | null;
  /** What went wrong the last time that something did; `at` null: it is being tried again now. */
  lastError: { at: number | null; text: string } | null;
}

/** What the `alerts` query answers. */
export interface AlertsView {
  /** The newest first, like the next ones. */
  active: Alert[];
  /** Those that are over, at most 100. */
  recent: Alert[];
  channels: ChannelView[];
}

/** One message to one channel. */
export interface Notice {
  /** The same whenever this message is sent again: receivers tell by it that they have it. Letters, digits and dashes. */
  id: string;
  at: number;
  kind: "fired" | "recovered" | "summary" | "test";
  severity: AlertSeverity;
  title: string;
  text: string;
  /** What it is about; those with an end have recovered. */
  alerts: Alert[];
  /** Titles of what else lasts, at most 20. */
  others: string[];
}

/** Type of the failure of a message that some of those whom it is for have; it is not sent to the others any more. */
export const PARTLY_SENT = "PartlySent";

/** The swarm as far as alerts go. */
export interface Observation {
  at: number;
  /** Of what matters to the rules: as long as it is the same, nothing has to be said. */
  digest: string;
  rules: AlertRules;
  channels: { name: string; minSeverity: AlertSeverity }[];
  drones: { name: string; state: DroneState; since: number; grounded: string | null }[];
  disks: ObservedDisk[];
  /** The last run of each target that the engine knows. */
  runs: ObservedRun[];
  /** When a run was started last, null: the engine knows none any more. */
  lastRunAt: number | null;
  /** What the next observation must know: by run, when a build of it was started last. */
  starts: RunStarts;
}

export interface ObservedDisk {
  /** `drone izar`, `binhost main`. */
  name: string;
  freeBytes: number;
  /** `near`: between the limit and a fifth above it, where an alert neither begins nor ends. */
  level: "low" | "near" | "fine";
}

/** An alert of a disk that is low ends only when so much more is free: a disk at the limit would come and go. */
const CLEARLY = 1.2;

/** How an alert sees a disk. @param lowGib the limit: 0 for none */
export function diskLevel(freeBytes: number, lowGib: number): ObservedDisk["level"] {
  const limit = lowGib * 2 ** 30;
  return freeBytes < limit ? "low" : freeBytes < limit * CLEARLY ? "near" : "fine";
}

export interface ObservedRun {
  run: string;
  target: string;
  step: RunStep;
  /** Why it ended, for one that failed. */
  reason: string | null;
  paused: { reason: string; by: string; since: number } | null;
  /** Packages that are needed or being built. */
  left: number;
  received: number;
  /** Blocked packages, at most 100 of them. */
  failed: { cpv: string; message: string }[];
  failedCount: number;
  /** Packages were ready for so long that nothing was started; null: all is well. */
  stalled: { ready: number; since: number } | null;
  /** Why publishing is tried again. */
  publishProblem: string | null;
}

export type RunStarts = Record<string, { at: number; ended: number }>;

/** What an observation had of what may not answer the next time: it counts until that does, in another process too. */
export type Seen = Pick<Observation, "at" | "drones" | "disks" | "runs">;

/** Asks for an observation that differs from the last one. */
export interface ObserveRequest {
  /** The last one's; null: any will do. */
  digest: string | null;
  /** ms since the epoch: then it is wanted in any case; null: there is no such time. */
  until: number | null;
  starts: RunStarts;
  /** Absent: there was no observation yet, or the workflow is one of an earlier version. */
  seen?: Seen;
  /** What lasts, for channels that want to hear regularly how things are. */
  active: { severity: AlertSeverity; title: string }[];
}

/** What a channel said to a test message. */
export interface ChannelAnswer {
  channel: string;
  ok: boolean;
  answer: string;
}
