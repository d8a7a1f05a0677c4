import { ReadyQueue } from "../readyQueue.ts";
import type { Policy, SimDrone, SimStart } from "../simulate.ts";

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
  const ready = new ReadyQueue();
  const lanes = drones.map((drone) => ({ drone, running: new Set<number>() }));
  return {
    ready: (index) => ready.add(index, remaining(index)),
    ended(index) {
      for (const lane of lanes) lane.running.delete(index);
    },
    lost(name) {
      const at = lanes.findIndex(({ drone }) => drone.name === name);
      if (at !== -1) lanes.splice(at, 1);
    },
    decide() {
      const starts: SimStart[] = [];
      for (;;) {
        const [index] = ready;
        const lane = lanes
          .filter(({ running }) => running.size < AT_ONCE)
          .toSorted((a, b) => crowd(a) - crowd(b) || b.drone.cores - a.drone.cores)[0];
        if (index === undefined || !lane) return starts;
        ready.remove(index);
        lane.running.add(index);
        starts.push({ index, drone: lane.drone.name, jobs: lane.drone.cores, nice: null, tail: tail(index) });
      }
    },
  };
}

function crowd({ drone, running }: { drone: SimDrone; running: ReadonlySet<number> }): number {
  return running.size / (drone.cores * drone.speed);
}
