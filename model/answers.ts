import type { PlanForecast } from "./forecast.ts";
import type { ServiceHealth } from "./health.ts";
import type { AttemptRecord } from "./history.ts";
import type { FailedAttempt, LogInfo } from "./logs.ts";
import type { PlannedPackage } from "./plan.ts";
import type { NextAction, Reading } from "./reading.ts";
import type { PackageState, PackageView, RunView } from "./run.ts";

/*
 * What the gateway answers where it is not a type of its own: the page and the monitor read the same that it writes.
 */

/** `GET state`, and the event `state` of `GET live`. */
export interface StateAnswer {
  /** When the engine last said how things are. ms since the epoch */
  at: number;
  /** Why what is shown may be old; null: it is not. */
  stale: string | null;
  reading: Reading;
  nextAction: NextAction;
  services: ServiceHealth[];
  /** Another one when anything of `GET alerts` and its channels is another; null: nobody watches, or that is not known. */
  alerts: string | null;
  /** Address of the engine's own page, down to the namespace; null: there is none. */
  webUi: string | null;
  gateway: { version: string; name: string };
  /** Of who asks. */
  role: "viewer" | "operator" | null;
}

/** The event `packages` of `GET live`. */
export interface PackagesChange {
  /** Everything instead of what was known. */
  full: boolean;
  packages: PackageView[];
}

/** A package beside another one; `present`: it is not built in this run. */
export interface Neighbour {
  cpv: string;
  state: PackageState | "present";
}

/** One package with all that is known of it. */
export interface PackageAnswer extends PackageView {
  why: string;
  needs: Neighbour[];
  neededBy: Neighbour[];
  /** On the drone that is the fastest with it; null: unknown. */
  estimateSeconds: number | null;
  /** Addresses in the engine's own page. */
  workflows: { attempt: number; url: string | null }[];
}

export interface GraphNode extends Neighbour {
  estimateSeconds: number | null;
}

/** Part of a run's graph. */
export interface GraphAnswer {
  nodes: GraphNode[];
  /** The first needs the second. */
  edges: [string, string][];
  /** First to last. */
  critical: string[];
}

/** Attempts of the history, newest first. */
export interface HistoryAnswer {
  /** In all, of which these are a part. */
  total: number;
  attempts: AttemptRecord[];
}

/** The attempts of a run that failed. */
export interface FailedAnswer {
  run: string;
  /** In all, of which `attempts` are a part. */
  total: number;
  /** How many failed in each phase, the most first; null: no phase is known. Whatever phase was asked for. */
  phases: { phase: string | null; count: number }[];
  attempts: FailedAttempt[];
}

/** The logs that the binhost has of a run. */
export interface LogsAnswer {
  run: string;
  total: number;
  logs: LogInfo[];
}

/** What a run's whole plan would take, from its first build on. */
export interface ForecastAnswer extends PlanForecast {
  run: string;
  target: string;
  unresolvable: RunView["unresolvable"];
}

/** What a run builds, by its plan. */
export interface PlanAnswer {
  run: string;
  target: string;
  total: number;
  waves: number;
  /** Core-seconds of everything. */
  work: number;
  packages: (PlannedPackage & { wave: number })[];
}
