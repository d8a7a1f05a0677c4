import type { Policy, SimDrone } from "../simulate.ts";
import { type Lane, lanePolicy } from "./lanes.ts";

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
  const freeCores = ({ drone, running }: Lane): number => {
    const { slots, jobs } = slotsOf(drone);
    return (slots - running.size) * jobs;
  };
  return lanePolicy({
    drones,
    priority,
    hasRoom: ({ drone, running }) => running.size < slotsOf(drone).slots,
    compare: (a, b) => freeCores(b) - freeCores(a) || b.drone.speed - a.drone.speed,
    start: (_index, drone) => ({ jobs: slotsOf(drone).jobs, nice: 0, tail: 0 }),
  });
}

/** One package per drone, with all its cores. */
export const wholeDrone = ({ cores }: SimDrone): Slots => ({ slots: 1, jobs: cores });

/** As many slots of four jobs as the drone has cores for; a smaller drone is one slot. */
export const slotsOfFour = ({ cores }: SimDrone): Slots => ({
  slots: Math.max(1, Math.round(cores / 4)),
  jobs: Math.min(4, cores),
});
