import { ReadyQueue } from "../readyQueue.ts";
import type { Policy, SimDrone, SimStart } from "../simulate.ts";

/** Builds at once on a drone, and the jobs of each. */
export interface Slots {
  slots: number;
  jobs: number;
}

/** How a rule without sharing places packages. */
export interface FixedSlots {
  drones: readonly SimDrone[];
  slotsOf: (drone: SimDrone) => Slots;
  /** What is largest goes first; equal ones in merge order. */
  priority: (index: number) => number;
}

/**
 * A rule as the usual farms have it: each drone has a fixed number of slots, each slot a fixed number of jobs, and what is
 * first of the ready packages goes to the drone with the most free cores, faster and earlier named first.
 */
export function fixedSlots({ drones, slotsOf, priority }: FixedSlots): Policy {
  const ready = new ReadyQueue();
  const lanes = drones.map((drone) => ({ drone, ...slotsOf(drone), running: new Set<number>() }));
  return {
    ready: (index) => ready.add(index, priority(index)),
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
          .filter(({ slots, running }) => running.size < slots)
          .toSorted((a, b) => freeCores(b) - freeCores(a) || b.drone.speed - a.drone.speed)[0];
        if (index === undefined || !lane) return starts;
        ready.remove(index);
        lane.running.add(index);
        starts.push({ index, drone: lane.drone.name, jobs: lane.jobs, nice: 0, tail: 0 });
      }
    },
  };
}

function freeCores({ slots, jobs, running }: Slots & { running: ReadonlySet<number> }): number {
  return (slots - running.size) * jobs;
}

/** One package per drone, with all its cores. */
export const wholeDrone = ({ cores }: SimDrone): Slots => ({ slots: 1, jobs: cores });

/** As many slots of four jobs as the drone has cores for; a smaller drone is one slot. */
export const slotsOfFour = ({ cores }: SimDrone): Slots => ({
  slots: Math.max(1, Math.round(cores / 4)),
  jobs: Math.min(4, cores),
});
