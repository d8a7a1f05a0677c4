import { attemptsOnDisk, endAttempt, stateOf } from "../activities/drone/attempt.ts";
import { droneConfig } from "../config/drones.ts";
import type { SwarmConfig } from "../config/schema.ts";

/**
 * Ends the builds that a drone left running for its next life to take over; the drone itself must have ended. Returns how
 * many there were. What they had done is lost: the run gives them to a drone again.
 */
export async function endBuilds(config: SwarmConfig, drone: string): Promise<number> {
  let ended = 0;
  for (const attempt of await attemptsOnDisk(droneConfig(config, drone))) {
    if ((await stateOf(attempt)).state === "running") ended++;
    await endAttempt(attempt);
  }
  return ended;
}
