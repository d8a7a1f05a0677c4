import { DRONE_STATES, type DroneView } from "../model/fleet.ts";
import type { RunDrone } from "../model/run.ts";
import { type GaugeDefinition, stateSet, type Value } from "./gauges.ts";

/** A drone as the fleet sees it, with what it builds for all runs that are known. */
export type ObservedDrone = DroneView & Pick<RunDrone, "building">;

/** One value of each drone. */
function each(
  name: string,
  help: string,
  value: (drone: ObservedDrone) => Value[1],
): GaugeDefinition<readonly ObservedDrone[]> {
  return { name, help, values: (drones) => drones.map((drone) => [{ drone: drone.facts.name }, value(drone)]) };
}

export const DRONE_GAUGES: readonly GaugeDefinition<readonly ObservedDrone[]>[] = [
  {
    name: "swarm_drone_state",
    help: "1 for the state that the drone is in.",
    values: (drones) =>
      drones.flatMap(({ facts, state }) => stateSet("state", DRONE_STATES, state, { drone: facts.name })),
  },
  each(
    "swarm_drone_state_start_timestamp_seconds",
    "Since when the drone is in its state.",
    ({ since }) => since / 1000,
  ),
  each(
    "swarm_drone_grounded",
    "1 while the drone gets nothing: strikes, a low disk, a wrong clock.",
    ({ grounded }) => grounded !== null,
  ),
  each("swarm_drone_paused", "1 while an operator has paused the drone.", ({ paused }) => paused),
  each("swarm_drone_strikes", "Failures in a row that are the drone's own.", ({ strikes }) => strikes),
  each("swarm_drone_slots", "Builds that the drone takes at once.", ({ facts }) => facts.slots),
  each("swarm_drone_slots_used", "Builds of all runs that the drone has now.", ({ building }) => building.length),
  each("swarm_drone_cores", "Cores that the scheduler counts with.", ({ facts }) => facts.cores),
  each("swarm_drone_jobs", "Jobs that the builds of all runs have there together.", ({ building }) =>
    building.reduce((sum, { jobs }) => sum + jobs, 0),
  ),
  each(
    "swarm_drone_foreign_busy_cores",
    "Cores that other programs keep busy, as the drone last told.",
    ({ facts }) => facts.busyCores,
  ),
  each(
    "swarm_drone_memory_bytes",
    "Memory for builds.",
    ({ facts }) => facts.memoryForBuildsBytes ?? facts.memoryBytes,
  ),
  each(
    "swarm_drone_disk_free_bytes",
    "Free disk, as the drone last told: it tells large changes, and what an alert begins or ends by.",
    ({ facts }) => facts.diskFreeBytes,
  ),
  each(
    "swarm_drone_disk_low_bytes",
    "With less free disk than this the drone takes no builds.",
    ({ facts }) => facts.lowDiskBytes,
  ),
  each(
    "swarm_drone_link_bytes_per_second",
    "What the drone fetches from the binhost in a second; absent until it was measured.",
    ({ facts }) => facts.linkBytesPerSecond,
  ),
];
