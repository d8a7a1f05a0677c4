import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Capacity } from "../../model/outlook.ts";
import { type Constraint, DEFAULT_TUNING, type Job, Scheduler, UNCONSTRAINED } from "../../scheduler/scheduler.ts";
import { drone, GIB, jobsLike } from "./parts.ts";

/** An hour on eight cores. */
const job = jobsLike({ work: 28_800, width: 64 });
const MINUTE = 60_000;
const [SLOW, FAST] = [drone("slow"), drone("fast", { cores: 24 })];

/** All jobs run on the first drone since so many minutes. */
function running(jobs: Job[], drones: Capacity[], since = 10, constraint: Partial<Constraint> = {}) {
  const made = new Scheduler(
    jobs,
    Float64Array.from(jobs, (j) => j.estimate.work / 8),
    DEFAULT_TUNING,
  );
  made.setDrones(drones);
  jobs.forEach((_, index) => {
    const start = { index, drone: drones[0]?.name ?? "", jobs: 8 };
    made.started(start, false, 0, 0, { ...UNCONSTRAINED, ...constraint });
  });
  return { made, now: since * MINUTE };
}

describe("relief", () => {
  test("what holds everything is begun anew on a drone where it is done clearly sooner", () => {
    const { made, now } = running([job()], [SLOW, FAST]);
    const [move, ...more] = made.relief(now, false);
    expect(more).toEqual([]);
    expect(move).toMatchObject({ index: 0, from: "slow", drone: "fast", jobs: 24, there: 1200 });
    expect(move?.here).toBeCloseTo(3000, 3);
  });

  test("once it is too late for that, only a second build is sure not to lose; later nothing is", () => {
    const at = (minutes: number, copies: boolean) => {
      const { made, now } = running([job()], [SLOW, FAST], minutes);
      return made.relief(now, copies).length;
    };
    expect([at(30, false), at(30, true)]).toEqual([1, 1]);
    expect([at(37, false), at(37, true)]).toEqual([0, 1]);
    expect([at(45, false), at(45, true)]).toEqual([0, 0]);
  });

  test("what has outlived its estimate seems no shorter on a drone that is no faster", () => {
    for (const since of [1, 30, 60, 90, 600]) {
      const { made, now } = running([job({ sigma: 0.7 })], [SLOW, drone("other")], since);
      expect(made.relief(now, true)).toEqual([]);
      expect(made.moves(now, () => true)).toEqual([]);
    }
  });

  test("nothing moves while a package waits that a drone could take; what none may build does not count", () => {
    const { made, now } = running([job()], [SLOW, FAST]);
    const other = new Map([
      ["slow", "failed it before"],
      ["fast", "failed it before"],
    ]);
    made.offer(1);
    expect(made.relief(now, true)).toEqual([]);
    made.offer(1, { ...UNCONSTRAINED, excluded: other });
    expect(made.relief(now, true)).toHaveLength(1);
  });

  test("no drone that may not, is away, or builds another of its exclusive group", () => {
    const excluded = new Map([["fast", "failed it before"]]);
    const not = running([job()], [SLOW, FAST], 10, { excluded });
    expect(not.made.relief(not.now, true)).toEqual([]);
    const away = running([job()], [SLOW, { ...FAST, unusable: "is away" }]);
    expect(away.made.relief(away.now, true)).toEqual([]);
    const small = { work: 100, width: 1 };
    const { made, now } = running([job({}, [1])], [SLOW, FAST]);
    const both = new Scheduler([job({}, [1]), job(small, [1])], Float64Array.from([3600, 100]), DEFAULT_TUNING);
    both.setDrones([SLOW, FAST]);
    both.started({ index: 0, drone: "slow", jobs: 8 }, false, 0, 0);
    both.started({ index: 1, drone: "fast", jobs: 1 }, false, 0, now);
    expect(both.relief(now, true)).toEqual([]);
    expect(made.relief(now, true)).toHaveLength(1);
  });

  test("it is told once: what was moved stays, what is copied is not copied again, also after a restart", () => {
    const moved = running([job()], [SLOW, FAST]);
    moved.made.moved({ index: 0, drone: "fast", jobs: 24 }, moved.now);
    moved.made.setDrones([SLOW, FAST, drone("giant", { cores: 64 })]);
    expect(moved.made.relief(moved.now, true)).toEqual([]);
    const copied = running([job()], [SLOW, FAST]);
    copied.made.copied({ index: 0, drone: "fast", jobs: 24 }, copied.now);
    copied.made.setDrones([SLOW, FAST, drone("giant", { cores: 64 })]);
    expect(copied.made.relief(copied.now, true)).toEqual([]);
    copied.made.ended(0, copied.now, "slow");
    expect(copied.made.progress(copied.now + MINUTE).get(0)).toBeCloseTo(24 * 60, 3);
    copied.made.ended(0, copied.now + MINUTE);
    expect(copied.made.progress(copied.now + MINUTE).size).toBe(0);
    const restored = running([job()], [SLOW, FAST], 10, { settled: true });
    expect(restored.made.relief(restored.now, true)).toEqual([]);
  });
});

describe("moves", () => {
  test("each counts with the ones before it, the most urgent first, and only what may be moved", () => {
    const jobs = [job(), job({ work: 40_000 }), job()];
    const one = running(jobs, [SLOW, { ...FAST, slots: 1 }], 1);
    expect(one.made.moves(one.now, () => true).map((m) => m.index)).toEqual([1]);
    expect(one.made.moves(one.now, (index) => index === 2).map((m) => m.index)).toEqual([2]);
    const { made, now } = running(jobs, [SLOW, FAST], 1);
    const [first, second] = made.moves(now, () => true);
    expect(first?.index).toBe(1);
    expect(second?.there).toBeGreaterThan((28_800 / 24) * 1.5);
  });

  test("a filler does not hold up what is more urgent on the other drone", () => {
    const made = new Scheduler([job(), job(), job()], Float64Array.from([3_600, 3_600, 6_900]), DEFAULT_TUNING);
    made.setDrones([SLOW, drone("fast", { speed: 1.5 })]);
    for (const index of [0, 1]) made.started({ index, drone: "slow", jobs: 8 }, false, 0, 0);
    made.started({ index: 2, drone: "fast", jobs: 8 }, false, 0, 0);
    expect(made.moves(MINUTE, (index) => index === 0)).toEqual([]);
  });
});

test("property: moves keep every limit, change nothing, and are the same for the same", () => {
  const anyJob = fc.record({
    work: fc.integer({ min: 100, max: 50_000 }),
    width: fc.integer({ min: 1, max: 64 }),
    memory: fc.integer({ min: 0, max: 8 }),
    perJob: fc.integer({ min: 0, max: 2 }),
    group: fc.integer({ min: 0, max: 3 }),
    sigma: fc.constantFrom(0, 0.7),
  });
  const anyDrone = fc.record({
    ...{ cores: fc.integer({ min: 1, max: 32 }), slots: fc.integer({ min: 1, max: 6 }) },
    ...{ memory: fc.integer({ min: 1, max: 32 }), speed: fc.constantFrom(0.5, 1, 2) },
  });
  let told = 0;
  fc.assert(
    fc.property(
      fc.array(anyJob, { minLength: 1, maxLength: 12 }),
      fc.array(anyDrone, { minLength: 2, maxLength: 4 }),
      fc.nat({ max: 40 }),
      fc.boolean(),
      (raw, rawDrones, minutes, tail) => {
        const jobs = raw.map(({ work, width, sigma, memory, perJob, group }) =>
          job(
            { work, width, sigma, memoryBytes: memory * GIB, memoryPerJobBytes: perJob * GIB },
            group > 0 ? [group] : [],
          ),
        );
        const drones = rawDrones.map((d, i) => drone(`d${i}`, { ...d, memoryBytes: d.memory * GIB }));
        const made = new Scheduler(
          jobs,
          Float64Array.from(jobs, (j) => j.estimate.work),
          DEFAULT_TUNING,
        );
        // What fits at first is placed while the later drones are not there yet.
        made.setDrones(drones.slice(0, 1));
        const excluded = new Map([["d1", "failed it before"]]);
        jobs.forEach((_, i) => {
          made.offer(i, i % 3 === 0 ? { ...UNCONSTRAINED, excluded } : UNCONSTRAINED);
        });
        const at = new Map(made.decide(0).starts.map((s) => [s.index, s]));
        for (const index of made.ready()) if (tail) made.withdraw(index);
        made.setDrones(drones);
        const now = minutes * MINUTE;
        const ask = () => (tail ? made.relief(now, false) : made.moves(now, () => true));
        const before = made.progress(now);
        const moves = ask();
        expect(ask()).toEqual(moves);
        expect(made.progress(now)).toEqual(before);
        told += moves.length;
        for (const { index, from, drone: to, jobs: n, here, there } of moves) {
          expect(at.get(index)?.drone).toBe(from);
          expect(to).not.toBe(from);
          expect(index % 3 === 0 && to === "d1").toBe(false);
          expect(there).toBeLessThan(here);
          at.set(index, { index, drone: to, jobs: n });
        }
        for (const d of drones) {
          const here = [...at.values()].filter((s) => s.drone === d.name);
          expect(here.length).toBeLessThanOrEqual(d.slots);
          const groups = here.flatMap((s) => jobs[s.index]?.groups ?? []);
          expect(new Set(groups).size).toBe(groups.length);
          const memory = here.reduce((sum, { index, jobs: n }) => {
            const { memoryBytes = 0, memoryPerJobBytes = 0 } = jobs[index]?.estimate ?? {};
            return sum + memoryBytes + n * memoryPerJobBytes;
          }, 0);
          if (here.length > 1) expect(memory).toBeLessThanOrEqual(d.memoryBytes ?? 0);
        }
      },
    ),
    { numRuns: 300, seed: 4 },
  );
  expect(told).toBeGreaterThan(50);
});
