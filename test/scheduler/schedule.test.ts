import { describe, expect, test } from "vitest";
import { type Candidate, type Capacity, estimateRest, schedule } from "../../scheduler/schedule.ts";
import { whyReadyWaits } from "../../scheduler/why.ts";

const drone = (name: string, change: Partial<Capacity> = {}): Capacity => ({
  name,
  cores: 8,
  slots: 2,
  unusable: null,
  ...change,
});
const candidate = (index: number, change: Partial<Candidate> = {}): Candidate => ({
  index,
  remaining: 10,
  notBefore: 0,
  excluded: [],
  maxJobs: null,
  alone: false,
  ...change,
});

describe("schedule", () => {
  test("the longest remaining path goes first; among equals the earlier one", () => {
    const candidates = [candidate(0), candidate(1, { remaining: 99 }), candidate(2)];
    const { starts } = schedule(candidates, [drone("izar")], [], 0);
    expect(starts.map((s) => s.index)).toEqual([1, 0]);
  });

  test("each slot gets its share of the cores; the first build of a drone runs at normal priority", () => {
    const { starts } = schedule([candidate(0), candidate(1)], [drone("izar", { cores: 16 })], [], 0);
    expect(starts).toEqual([
      { index: 0, drone: "izar", jobs: 8, nice: 0 },
      { index: 1, drone: "izar", jobs: 8, nice: 10 },
    ]);
  });

  test("builds spread to where most cores are free", () => {
    const drones = [drone("big", { cores: 24, slots: 3 }), drone("small", { cores: 8, slots: 1 })];
    const candidates = [0, 1, 2, 3, 4].map((i) => candidate(i));
    const { starts } = schedule(candidates, drones, [{ drone: "big", jobs: 8, alone: false }], 0);
    expect(starts.map((s) => s.drone)).toEqual(["big", "big", "small"]);
  });

  test("no slot is given twice, nor on a drone that cannot be used or that failed the package", () => {
    const drones = [drone("a", { slots: 1 }), drone("b", { unusable: "is away" }), drone("c", { slots: 1 })];
    const candidates = [candidate(0, { excluded: ["a"] }), candidate(1, { excluded: ["a", "c"] }), candidate(2)];
    const { starts } = schedule(candidates, drones, [], 0);
    expect(starts.map((s) => [s.index, s.drone])).toEqual([
      [0, "c"],
      [2, "a"],
    ]);
  });

  test("a package that ran out of memory waits for an empty drone, and nothing runs beside it", () => {
    const alone = candidate(0, { alone: true, maxJobs: 3, remaining: 99 });
    const busy = [{ drone: "izar", jobs: 4, alone: false }];
    expect(schedule([alone], [drone("izar")], busy, 0).starts).toEqual([]);
    expect(schedule([alone, candidate(1)], [drone("izar")], [], 0).starts).toEqual([
      { index: 0, drone: "izar", jobs: 3, nice: 0 },
    ]);
  });

  test("what must wait for a time says for which; what may start does", () => {
    const candidates = [candidate(0, { notBefore: 50 }), candidate(1, { notBefore: 20 }), candidate(2)];
    const { starts, wakeAt } = schedule(candidates, [drone("izar")], [], 10);
    expect(starts.map((s) => s.index)).toEqual([2]);
    expect(wakeAt).toBe(20);
  });

  test("a drone with one core still gets -j1", () => {
    expect(schedule([candidate(0)], [drone("tiny", { cores: 1, slots: 2 })], [], 0).starts[0]?.jobs).toBe(1);
  });

  test("builds on a drone that is away take no slots from the others", () => {
    const drones = [drone("gone", { unusable: "is away" }), drone("izar", { slots: 1 })];
    const running = [
      { drone: "gone", jobs: 4, alone: false },
      { drone: "gone", jobs: 4, alone: false },
    ];
    expect(schedule([candidate(0)], drones, running, 0).starts).toHaveLength(1);
  });
});

describe("why a ready package waits", () => {
  const why = (c: Candidate, drones: Capacity[], running: Parameters<typeof whyReadyWaits>[2] = []) =>
    whyReadyWaits(c, drones, running, 1_000);
  const full = [0, 1].map(() => ({ drone: "izar", jobs: 4, alone: false }));

  test("each reason is a sentence of its own", () => {
    expect(why(candidate(0), [])).toBe("no drone takes part in the run: start one with `swarm drone`");
    expect(why(candidate(0, { notBefore: 3_500 }), [drone("izar")])).toBe(
      "waits 3 s more after a failure of the infrastructure",
    );
    expect(why(candidate(0), [drone("izar")])).toBe("ready: starts now");
    expect(why(candidate(0), [drone("izar")], full)).toBe(
      "ready, but every drone that could build it is full (izar full)",
    );
    expect(why(candidate(0, { excluded: ["izar"] }), [drone("izar"), drone("tarn", { unusable: "is away" })])).toBe(
      "ready, but no drone can build it now: izar failed it before; tarn is away",
    );
  });

  test("could any drone ever build it, and could one now, are kept apart", () => {
    const never = why(candidate(0, { excluded: ["izar"] }), [drone("izar")], full);
    expect(never).toContain("no drone can build it now");
    const busy = why(candidate(0, { excluded: ["tarn"] }), [drone("izar"), drone("tarn")], full);
    expect(busy).toContain("every drone that could build it is full");
  });
});

test("the rest takes the longer of the work over the cores and the longest path; without a drone nobody knows", () => {
  expect(estimateRest(1_600, 50, [drone("izar"), drone("gone", { unusable: "is away" })])).toBe(200);
  expect(estimateRest(16, 50, [drone("izar")])).toBe(50);
  expect(estimateRest(16, 50, [])).toBeNull();
});
