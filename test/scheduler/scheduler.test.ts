import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Capacity } from "../../model/outlook.ts";
import { type Constraint, type Job, Scheduler, type Start, UNCONSTRAINED } from "../../scheduler/scheduler.ts";
import { whyReadyWaits } from "../../scheduler/why.ts";
import { drone, GIB, jobsLike } from "./parts.ts";

/** 100 core-seconds on one core. */
const job = jobsLike({ work: 100, width: 1 });
const wide = { work: 8_000, width: 64 };

function scheduler(jobs: Job[], drones: Capacity[], remaining = jobs.map((j) => j.estimate.work)): Scheduler {
  const made = new Scheduler(jobs, Float64Array.from(remaining), { crowding: 1, patience: 0 });
  made.setDrones(drones);
  return made;
}

/** Offers all jobs and decides once. */
function decide(made: Scheduler, count: number, constraints: Record<number, Partial<Constraint>> = {}, now = 0) {
  for (let i = 0; i < count; i++) made.offer(i, constraints[i] ? { ...UNCONSTRAINED, ...constraints[i] } : undefined);
  return made.decide(now);
}

const indexes = (starts: readonly Start[]): number[] => starts.map((s) => s.index);

describe("decide", () => {
  test("the longest remaining path goes first; among equals the earlier one", () => {
    const made = scheduler([job(), job(), job()], [drone("izar", { slots: 2 })], [100, 900, 100]);
    expect(indexes(decide(made, 3).starts)).toEqual([1, 0]);
    expect(made.decide(1).starts).toEqual([]);
    made.ended(1, 1_000);
    expect(indexes(made.decide(1_000).starts)).toEqual([2]);
  });

  test("a wide build gets all the jobs that it can use, and goes where it ends first", () => {
    const made = scheduler([job(wide)], [drone("small"), drone("big", { cores: 24 }), drone("fast", { speed: 2 })]);
    expect(decide(made, 1).starts).toEqual([{ index: 0, drone: "big", jobs: 24 }]);
  });

  test("what has time enough leaves the biggest drone to what is more urgent", () => {
    const jobs = [job({ ...wide, work: 100_000 }), job({ work: 600, width: 24 })];
    const drones = [drone("small"), drone("big", { cores: 24 })];
    const made = new Scheduler(jobs, Float64Array.from([5_000, 600]), { crowding: 2, patience: 0.5 });
    made.setDrones(drones);
    expect(decide(made, 2).starts.map((s) => s.drone)).toEqual(["big", "small"]);
  });

  test("a faster drone wins where cores do not help", () => {
    const made = scheduler([job()], [drone("big", { cores: 24 }), drone("fast", { speed: 2 })]);
    expect(decide(made, 1).starts[0]?.drone).toBe("fast");
  });

  test("the drone that has what it is built with wins, unless another is faster by more than fetching takes", () => {
    const fetch = (index: number, name: string) => (name === "cold" ? ([120, 40][index] ?? 0) : 0);
    const made = new Scheduler([job(), job()], Float64Array.from([200, 200]), { crowding: 1, patience: 0 }, fetch);
    made.setDrones([drone("cold", { speed: 2 }), drone("warm")]);
    expect(decide(made, 2).starts.map((s) => [s.index, s.drone])).toEqual([
      [0, "warm"],
      [1, "cold"],
    ]);
  });

  test("what would only crowd more urgent builds waits; what is more urgent than they does not", () => {
    const jobs = [job(wide), job(wide), job(wide)];
    const made = scheduler(jobs, [drone("izar"), drone("tarn")], [5_000, 2_000, 9_000]);
    const notOnTarn = { ...UNCONSTRAINED, excluded: new Map([["tarn", "failed it before"]]) };
    made.offer(0, notOnTarn);
    made.offer(1, notOnTarn);
    expect(indexes(made.decide(0).starts)).toEqual([0]);
    expect(made.refusal(1, "izar")).toBe("is kept for more urgent builds");
    made.offer(2, notOnTarn);
    expect(indexes(made.decide(1_000).starts)).toEqual([2]);
  });

  test("nothing starts on a drone that cannot be used or that failed the package", () => {
    const drones = [drone("a", { slots: 1 }), drone("b", { unusable: "is away" }), drone("c", { slots: 1 })];
    const failed = (...names: string[]) => ({ excluded: new Map(names.map((name) => [name, "failed it before"])) });
    const { starts } = decide(scheduler([job(), job(), job()], drones), 3, { 0: failed("a"), 1: failed("a", "c") });
    expect(starts.map((s) => [s.index, s.drone])).toEqual([
      [0, "c"],
      [2, "a"],
    ]);
  });

  test("a package that ran out of memory waits for an empty drone, and nothing runs beside it", () => {
    const made = scheduler([job(), job(wide), job()], [drone("izar")], [900, 100, 50]);
    made.offer(0);
    made.decide(0);
    const { starts } = decide(made, 0);
    expect(starts).toEqual([]);
    made.offer(1, { ...UNCONSTRAINED, alone: true, maxJobs: 3 });
    expect(made.decide(0).starts).toEqual([]);
    made.ended(0, 1_000);
    made.offer(2);
    expect(made.decide(1_000).starts).toEqual([{ index: 1, drone: "izar", jobs: 3 }]);
  });

  test("what must wait for a time says for which; what may start does", () => {
    const made = scheduler([job(), job(), job()], [drone("izar")]);
    const decision = decide(made, 3, { 0: { notBefore: 50 }, 1: { notBefore: 20 } }, 10);
    expect(indexes(decision.starts)).toEqual([2]);
    expect(decision.wakeAt).toBe(20);
    expect(indexes(made.decide(20).starts)).toEqual([1]);
  });

  test("memory bounds how many build at once and with how many jobs; an empty drone takes what is too big for it", () => {
    const hungry = { ...wide, memoryBytes: GIB, memoryPerJobBytes: GIB };
    const made = scheduler([job(hungry), job(hungry)], [drone("izar", { memoryBytes: 5 * GIB, cores: 16 })]);
    expect(decide(made, 2).starts).toEqual([{ index: 0, drone: "izar", jobs: 4 }]);
    const tiny = scheduler([job(hungry)], [drone("tiny", { memoryBytes: GIB / 2 })]);
    expect(decide(tiny, 1).starts).toEqual([{ index: 0, drone: "tiny", jobs: 1 }]);
  });

  test("two giants of one exclusive group never share a drone", () => {
    const made = scheduler([job({}, [1]), job({}, [1]), job({}, [2])], [drone("izar")]);
    expect(indexes(decide(made, 3).starts)).toEqual([0, 2]);
    expect(made.refusal(1, "izar")).toBe("builds another of its exclusive group");
  });

  test("builds on a drone that is away take no room from the others", () => {
    const made = scheduler([job(), job()], [drone("gone", { slots: 1 })]);
    made.offer(0);
    made.decide(0);
    made.setDrones([drone("gone", { slots: 1, unusable: "is away" }), drone("izar", { slots: 1 })]);
    made.offer(1);
    expect(made.decide(1_000).starts).toEqual([{ index: 1, drone: "izar", jobs: 1 }]);
  });
});

describe("why a ready package waits", () => {
  const full = { name: "izar", reason: "full" };
  test("each reason is a sentence of its own; could a drone ever build it and could one now are kept apart", () => {
    expect(whyReadyWaits([], 0, 1_000)).toBe("no drone takes part in the run: start one with `swarm drone`");
    expect(whyReadyWaits([full], 3_500, 1_000)).toBe("waits 3 s more after a failure of the infrastructure");
    expect(whyReadyWaits([full, { name: "tarn", reason: null }], 0, 1_000)).toBe("ready: starts now");
    expect(whyReadyWaits([full], 0, 1_000)).toBe("ready, but every drone that could build it is full (izar full)");
    const never = [
      { name: "izar", reason: "failed it before" },
      { name: "tarn", reason: "is away" },
    ];
    expect(whyReadyWaits(never, 0, 1_000)).toBe(
      "ready, but no drone can build it now: izar failed it before; tarn is away",
    );
  });
});

test("property: never over memory or slots, never two of a group on a drone, always progress, the same for the same", () => {
  const anyJob = fc.record({
    work: fc.integer({ min: 1, max: 5_000 }),
    serial: fc.double({ min: 0, max: 1, noNaN: true }),
    width: fc.integer({ min: 1, max: 64 }),
    memory: fc.integer({ min: 0, max: 8 }),
    perJob: fc.integer({ min: 0, max: 2 }),
    group: fc.integer({ min: 0, max: 3 }),
  });
  const anyDrone = fc.record({
    cores: fc.integer({ min: 1, max: 32 }),
    slots: fc.integer({ min: 1, max: 12 }),
    memory: fc.integer({ min: 1, max: 32 }),
  });
  fc.assert(
    fc.property(
      fc.array(anyJob, { minLength: 1, maxLength: 40 }),
      fc.array(anyDrone, { minLength: 1, maxLength: 5 }),
      (raw, rawDrones) => {
        const jobs = raw.map((r) =>
          job(
            {
              ...{ work: r.work, serial: r.serial * r.work, width: r.width, sigma: 0.5 },
              ...{ memoryBytes: r.memory * GIB, memoryPerJobBytes: r.perJob * GIB },
            },
            r.group === 0 ? [] : [r.group],
          ),
        );
        const drones = rawDrones.map((d, i) => drone(`d${i}`, { ...d, memoryBytes: d.memory * GIB }));
        const one = runAll(jobs, drones);
        expect(runAll(jobs, drones)).toEqual(one);
        expect(indexes(one).sort((a, b) => a - b)).toEqual([...jobs.keys()]);
      },
    ),
    { numRuns: 150 },
  );
});

/** Ends the oldest build again and again until all was started; checks the limits on the way. */
function runAll(jobs: Job[], drones: Capacity[]): Start[] {
  const made = scheduler(jobs, drones);
  const running: Start[] = [];
  const all: Start[] = [];
  jobs.forEach((_, i) => {
    made.offer(i);
  });
  for (let now = 0; all.length < jobs.length || running.length > 0; now += 10_000) {
    const { starts } = made.decide(now);
    running.push(...starts);
    all.push(...starts);
    for (const d of drones) checkLimits(d, running, jobs);
    const oldest = running.shift();
    if (!oldest) throw new Error(`no progress: ${all.length} of ${jobs.length} started`);
    made.ended(oldest.index, now + 5_000);
  }
  return all;
}

function checkLimits(d: Capacity, running: readonly Start[], jobs: readonly Job[]): void {
  const here = running.filter((s) => s.drone === d.name);
  expect(here.length).toBeLessThanOrEqual(d.slots);
  const groups = here.flatMap((s) => jobs[s.index]?.groups ?? []);
  expect(new Set(groups).size).toBe(groups.length);
  const memory = here.reduce((sum, { index, jobs: n }) => {
    const { memoryBytes = 0, memoryPerJobBytes = 0 } = jobs[index]?.estimate ?? {};
    return sum + memoryBytes + n * memoryPerJobBytes;
  }, 0);
  if (here.length > 1) expect(memory).toBeLessThanOrEqual(d.memoryBytes ?? 0);
  for (const { jobs: n } of here) expect(n).toBeGreaterThanOrEqual(1);
}

test("a drone that bounds the jobs of one build gives no more", () => {
  const made = scheduler([job(wide)], [drone("izar", { maxJobs: 3 })]);
  expect(decide(made, 1).starts).toEqual([{ index: 0, drone: "izar", jobs: 3 }]);
});
