import { join } from "node:path";
import type { DroneConfig, SwarmConfig } from "./schema.ts";

/** The configuration of the drone with this name, whether it has a section of its own or not. */
export function droneConfig(config: SwarmConfig, name: string): DroneConfig {
  // hasOwn: a drone may be called "constructor".
  const own = Object.hasOwn(config.drones, name) ? config.drones[name] : undefined;
  return own ?? { ...config.droneDefaults, dir: join(config.swarm.stateDir, "drones", name) };
}
