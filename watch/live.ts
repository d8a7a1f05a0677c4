import type { RunEvent } from "../model/events.ts";
import type { Reading } from "../model/reading.ts";
import type { PackageView } from "../model/run.ts";

/** Events that are kept at hand: the newest of a run. */
export const MAX_EVENTS = 5_000;

/** What is known of the swarm, and of the run that is shown. */
export interface Live {
  reading: Reading;
  /** Of the run that is shown, in the graph's order. */
  packages: readonly PackageView[];
  /** Of `packages`; another one of another plan or run. */
  revision: string | null;
  /** Of the run that is shown, newest last: at most MAX_EVENTS. */
  events: readonly RunEvent[];
  /** When the engine last said how things are. ms since the epoch */
  at: number;
  /** Why what is shown may be old; null: it is not. */
  stale: string | null;
}

/** What is new. `full`: everything instead of what was known. */
export type Change =
  | { type: "reading"; reading: Reading; at: number; stale: string | null }
  | { type: "packages"; full: boolean; packages: readonly PackageView[] }
  | { type: "event"; full: boolean; events: readonly RunEvent[] };

/** Why a reading does not tell how the swarm is; null: it does. */
export function staleness({ engine, orchestrators, runProblem }: Reading): string | null {
  if (engine.problem !== null) return `the engine does not answer: ${engine.problem}`;
  if (orchestrators === 0) return "no orchestrator is running: nobody can say how the run is";
  return runProblem;
}

/** A new reading, with what nobody could say now as it was last known. */
export function carried(now: Reading, before: Reading | null): Reading {
  if (before === null || staleness(now) === null) return now;
  const { run, fleet, targets, building, others } = before;
  return {
    ...now,
    run: now.run ?? run,
    fleet: now.fleet ?? fleet,
    targets: now.targets ?? targets,
    building: now.run ? now.building : building,
    others: now.run ? now.others : others,
  };
}
