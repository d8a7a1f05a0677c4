import type { Cost } from "./work.ts";

/** A package as the scheduler knows it. */
export interface Job {
  estimate: Cost;
  /** Exclusive groups that it is of: no two of one group run on one drone. */
  groups: readonly number[];
}

/** What a package asks for beside its estimate. */
export interface Constraint {
  /** ms since the epoch: not before this, after a failure of the infrastructure. */
  notBefore: number;
  /** Drones that failed it, or may not build it by configuration, with the reason. */
  excluded: ReadonlyMap<string, string>;
  /** Upper bound of jobs after it ran out of memory. */
  maxJobs: number | null;
  /** Nothing may run beside it. */
  alone: boolean;
  /** It was begun anew elsewhere already, or a second time: it stays where it builds. Absent: no. */
  settled?: boolean;
}

export const UNCONSTRAINED: Constraint = { notBefore: 0, excluded: new Map(), maxJobs: null, alone: false };

/** How the rule weighs: found for a graph by looking ahead (`plan.ts`), else the default. */
export interface Tuning {
  /**
   * A package gets a place beside builds that are more urgent only while these keep less than this part of the drone's
   * cores busy on average. Less: what matters runs undisturbed; more: fewer cores idle.
   */
  crowding: number;
  /**
   * A package that would be done early enough anywhere takes the slowest drone where it and all that waits for it end
   * within this part of the longest path: the fastest is kept for what will need it. 0: always where it ends first.
   */
  patience: number;
  /** Factor on the priority of each package, by index; absent: 1. */
  bias?: Float64Array;
}

/** Serves without looking ahead: near the best on graphs of every shape, above all with uncertain estimates. */
export const DEFAULT_TUNING: Tuning = { crowding: 0.55, patience: 0.6 };

export interface Start {
  index: number;
  drone: string;
  jobs: number;
}

export interface Decision {
  starts: Start[];
  /** ms since the epoch when a waiting package may start, null where only events can change something. */
  wakeAt: number | null;
}

/** A build that would be done sooner if it were begun on another drone. */
export interface Move extends Start {
  /** Where it builds. */
  from: string;
  /** Expected seconds until it is done there as it goes on, and begun anew on the other drone. */
  here: number;
  there: number;
}
