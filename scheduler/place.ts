import type { SchedulerDrone } from "./drone.ts";

/** Where a package could start now. */
export interface Place {
  drone: SchedulerDrone;
  jobs: number;
  /** Seconds until it would be done there. */
  finish: number;
}

/** A place where it would take longer than so many times the quickest is not for the patient either: it blocks what waits. */
const STRETCH = 2;

/** Finishes that differ by no more than this factor are equal: speeds and estimates are not known better. */
const NEAR = 1.05;

/**
 * Of the places the one where it would finish first; of equals the emptiest. With time enough, the slowest that is fast
 * enough. Null of none.
 * @param time seconds within which it would be early enough.
 */
export function bestPlace(places: readonly Place[], time: number): Place | null {
  const first = Math.min(...places.map((place) => place.finish));
  const early = Math.min(time, first * STRETCH);
  const patient = places.filter(({ finish }) => finish <= early);
  if (patient.length > 0) return leastBy(patient, ({ drone }) => drone.capacity.cores * drone.capacity.speed);
  return leastBy(
    places.filter(({ finish }) => finish <= first * NEAR),
    ({ drone }) => drone.loadAbove(0) - drone.capacity.cores,
  );
}

/** The first of those with the least number; null of none. */
function leastBy<T>(all: readonly T[], of: (each: T) => number): T | null {
  let best: T | null = null;
  for (const each of all) if (best === null || of(each) < of(best)) best = each;
  return best;
}
