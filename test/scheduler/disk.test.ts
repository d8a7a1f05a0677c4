import fc from "fast-check";
import { expect, test } from "vitest";
import { USUAL_DISK_BYTES } from "../../model/estimate.ts";
import type { Capacity } from "../../model/outlook.ts";
import { exclusion } from "../../scheduler/limits.ts";
import { type Job, Scheduler, type Start } from "../../scheduler/scheduler.ts";
import { drone, GIB, jobsLike } from "./parts.ts";

const job = jobsLike({ work: 100, width: 1 });
const gib = (disk: number): Job => job({ diskBytes: disk * GIB });

/** Offers all and decides once. */
function scheduler(jobs: Job[], drones: Capacity[]): { made: Scheduler; starts: Start[] } {
  const made = new Scheduler(
    jobs,
    Float64Array.from(jobs, (_, i) => 1000 - i),
    { crowding: 2, patience: 0 },
  );
  made.setDrones(drones);
  jobs.forEach((_, index) => {
    made.offer(index);
  });
  return { made, starts: made.decide(0).starts };
}

test("what the builds of a drone take of its disk together is no more than it has; what waits says so", () => {
  const { made, starts } = scheduler([gib(8), gib(6), gib(2)], [drone("izar", { diskBytes: 12 * GIB })]);
  expect(starts.map(({ index }) => index)).toEqual([0, 2]);
  expect(made.refusal(1, "izar")).toBe(
    "has too little disk free: 12 GiB for builds, and 10 GiB are for what it builds, it needs 6 GiB",
  );
  made.ended(0, 1_000);
  expect(made.decide(1_000).starts).toMatchObject([{ index: 1 }]);
});

test("the drone with room takes it; an unknown disk has room; the usual goes anywhere alone, but not beside others", () => {
  const small = drone("small", { diskBytes: 4 * GIB, cores: 16 });
  expect(scheduler([gib(5)], [small, drone("big", { diskBytes: 9 * GIB })]).starts).toMatchObject([{ drone: "big" }]);
  expect(scheduler([gib(500)], [small, drone("unknown")]).starts).toMatchObject([{ drone: "unknown" }]);
  const full = drone("full", { diskBytes: 0 });
  const { made, starts } = scheduler([job(), job()], [full]);
  expect(starts).toHaveLength(1);
  expect(made.refusal(1, "full")).toContain("has too little disk free: 0 GiB for builds");
});

test("a disk that is too small with nothing on it could never", () => {
  const needs = { memoryBytes: 0, diskBytes: 14 * GIB };
  expect(exclusion({ diskBytes: 10 * GIB }, "www-client/chromium-1", needs)).toBe(
    "has too little disk free: 10 GiB for builds, it needs 14 GiB",
  );
  expect(exclusion({ diskBytes: 14 * GIB }, "www-client/chromium-1", needs)).toBeNull();
  expect(exclusion({}, "www-client/chromium-1", needs)).toBeNull();
});

test("property: never over a disk, and all is built that fits on one", () => {
  const anyJob = fc.integer({ min: 0, max: 30 }).map((half) => (half === 0 ? job() : gib(half / 2)));
  const anyDisk = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.array(anyJob, { minLength: 1, maxLength: 30 }),
      fc.array(anyDisk, { minLength: 1, maxLength: 4 }),
      (jobs, disks) => {
        const drones = disks.map((disk, i) => drone(`d${i}`, disk === undefined ? {} : { diskBytes: disk * GIB }));
        const { made, starts } = scheduler(jobs, drones);
        const running = [...starts];
        const built = new Set<number>();
        for (let now = 10_000; running.length > 0; now += 10_000) {
          for (const { name, diskBytes = Number.POSITIVE_INFINITY } of drones) {
            const taken = running.filter((s) => s.drone === name).map((s) => diskOf(jobs[s.index]));
            const most = taken.length === 1 ? Math.max(diskBytes, USUAL_DISK_BYTES) : diskBytes;
            expect(taken.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(most);
          }
          const oldest = running.shift();
          if (!oldest) break;
          built.add(oldest.index);
          made.ended(oldest.index, now);
          running.push(...made.decide(now).starts);
        }
        const largest = Math.max(USUAL_DISK_BYTES, ...drones.map((d) => d.diskBytes ?? Number.POSITIVE_INFINITY));
        expect([...built].sort((a, b) => a - b)).toEqual([...jobs.keys()].filter((i) => diskOf(jobs[i]) <= largest));
      },
    ),
    { numRuns: 150 },
  );
});

const diskOf = (its: Job | undefined): number => its?.estimate.diskBytes ?? USUAL_DISK_BYTES;
