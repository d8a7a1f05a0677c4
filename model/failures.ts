import type { BuildUsage } from "./build.ts";

/**
 * The one failure taxonomy, by what happens next.
 * - `package`: the package is broken: tried once on another drone, then `failed`.
 * - `drone`: this drone is sick: elsewhere, a strike for the drone; five strikes ground it.
 * - `infrastructure`: network, binhost, engine, disk full: retried later, nobody is blamed.
 * - `memory`: killed for memory: again with fewer jobs, alone on the drone.
 * - `stale`: the drone has another tree or target bundle than the plan: it syncs, nobody is blamed.
 * - `lost`: the drone went away: placed elsewhere, nobody is blamed.
 */
export const FAILURE_CLASSES = ["package", "drone", "infrastructure", "memory", "stale", "lost"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Why one attempt did not give an accepted artifact. */
export interface BuildFailure {
  class: FailureClass;
  /** One sentence a person can act on, e.g. `compile phase: undeclared_thing undeclared`. */
  message: string;
  /** Portage's phase, where one failed: `unpack`, `compile`, `test`, `install`, `package`... */
  phase?: string;
  /** The log's last lines around the error, at most 40. */
  logTail?: string[];
  /** The line of the log that tells what went wrong; absent where none does, and in what drones of earlier versions said. */
  errorLine?: string;
  /** That line and those around it, at most 20 before and 20 after. */
  around?: string[];
  /** What the attempt used, where it was measured: of one that was killed for memory, most of all. */
  usage?: BuildUsage;
}
