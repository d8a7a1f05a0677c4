import type { Tuning } from "./terms.ts";

/** Put before everything else: seconds that no path of builds is long. */
const FIRST = 1e7;

/** By what the rule goes: the seconds of each package's remaining path, and how it weighs. */
export interface Order {
  remaining: Float64Array;
  tuning: Tuning;
}

/**
 * The order in which what an operator put first goes before everything else, with all that it waits for.
 * @param leads whether a package is one of those, or one of those waits for it; null: none of them is left.
 */
export function withFirst({ remaining, tuning }: Order, leads: ((index: number) => boolean) | null): Order {
  if (leads === null) return { remaining, tuning };
  return {
    remaining: remaining.map((own, index) => (leads(index) ? FIRST + own : own)),
    // Beside paths that are put first every other would seem to have time enough, and get the slowest drones.
    tuning: { ...tuning, patience: 0 },
  };
}
