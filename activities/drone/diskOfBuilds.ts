import { existsSync } from "node:fs";
import { diskOf } from "../../model/estimate.ts";
import { attemptsOnDisk, type DronePlaces } from "./attempt.ts";
import { usageOf } from "./supervisor.ts";

/** What builds that run, or were left in the middle, do to a drone's disk. Bytes. */
export interface DiskOfBuilds {
  /** By their roots, as of the last look at each. */
  taken: number;
  /** Beyond that, if they become as large as they are estimated. */
  toCome: number;
}

export async function diskOfBuilds(drone: DronePlaces): Promise<DiskOfBuilds> {
  const attempts = (await attemptsOnDisk(drone)).filter(({ root }) => existsSync(root));
  const sizes = await Promise.all(attempts.map(async (attempt) => (await usageOf(attempt))?.diskBytes ?? 0));
  return {
    taken: sizes.reduce((sum, size) => sum + size, 0),
    toCome: attempts.reduce((sum, { order }, i) => sum + Math.max(0, diskOf(order) - (sizes[i] ?? 0)), 0),
  };
}
