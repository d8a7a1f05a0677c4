import type { Capacity } from "../../model/outlook.ts";
import type { Job } from "../../scheduler/scheduler.ts";

export const GIB = 2 ** 30;

/** A drone with room for everything. */
export const drone = (name: string, change: Partial<Capacity> = {}): Capacity => ({
  ...{ name, cores: 8, slots: 8, speed: 1, memoryBytes: null, unusable: null },
  ...change,
});

/** Jobs of a kind: exact estimates, no memory, but for what is changed. */
export const jobsLike =
  (usual: Pick<Job["estimate"], "work" | "width">) =>
  (change: Partial<Job["estimate"]> = {}, groups: number[] = []): Job => ({
    estimate: { serial: 0, memoryBytes: 0, memoryPerJobBytes: 0, sigma: 0, ...usual, ...change },
    groups,
  });
