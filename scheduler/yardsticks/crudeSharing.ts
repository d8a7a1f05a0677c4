import type { Policy, SimDrone } from "../simulate.ts";
import { type Lane, lanePolicy } from "./lanes.ts";

const AT_ONCE = 8;

/**
 * The crude sketch of sharing: the longest path first, up to eight packages on each drone, each with all its jobs, on the
 * drone with the fewest builds per core; the cores shared by priority as the drones do it.
 * @param remaining seconds of the longest path from each package's start.
 * @param tail the same from its end.
 */
export function crudeSharing(
  drones: readonly SimDrone[],
  remaining: (index: number) => number,
  tail: (index: number) => number,
): Policy {
  return lanePolicy({
    drones,
    priority: remaining,
    hasRoom: ({ running }) => running.size < AT_ONCE,
    compare: (a, b) => crowd(a) - crowd(b) || b.drone.cores - a.drone.cores,
    start: (index, { cores }) => ({ jobs: cores, nice: null, tail: tail(index) }),
  });
}

function crowd({ drone, running }: Lane): number {
  return running.size / (drone.cores * drone.speed);
}
