import { ReadyQueue } from "../readyQueue.ts";
import type { Policy, SimDrone, SimStart } from "../simulate.ts";

/** A drone and what it builds. */
export interface Lane {
  drone: SimDrone;
  running: ReadonlySet<number>;
}

/** A rule that takes the ready packages one after another, each to the drone that is best for the next one. */
export interface LaneRule {
  drones: readonly SimDrone[];
  /** What is largest goes first; equal ones in merge order. */
  priority: (index: number) => number;
  hasRoom: (lane: Lane) => boolean;
  /** Negative where the first is better; of equal ones the earlier named. */
  compare: (a: Lane, b: Lane) => number;
  start: (index: number, drone: SimDrone) => Pick<SimStart, "jobs" | "nice" | "tail">;
}

/** The policy that goes by such a rule. */
export function lanePolicy({ drones, priority, hasRoom, compare, start }: LaneRule): Policy {
  const ready = new ReadyQueue();
  const lanes = drones.map((drone) => ({ drone, running: new Set<number>() }));
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
        const lane = lanes.filter(hasRoom).toSorted(compare)[0];
        if (index === undefined || !lane) return starts;
        ready.remove(index);
        lane.running.add(index);
        starts.push({ index, drone: lane.drone.name, ...start(index, lane.drone) });
      }
    },
  };
}
