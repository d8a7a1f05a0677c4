import { describe, expect, test } from "vitest";
import { differences, RunDrones, referenceReport, shownReason } from "../../../workflows/states/runDrones.ts";
import { droneView, facts, syncReport } from "../../support/facts.ts";

describe("what the drones must agree on", () => {
  test("the report that most share is the reference", () => {
    const reports = [syncReport("a", { tree: "git:old" }), syncReport("b"), syncReport("c")];
    expect(referenceReport(reports)?.name).toBe("b");
  });

  test("among equals the newest tree wins, then the first name", () => {
    const older = syncReport("a", { tree: "git:old", treeTime: "2026-11-20T00:00:00Z" });
    expect(referenceReport([older, syncReport("b")])?.name).toBe("b");
    expect(referenceReport([syncReport("z"), syncReport("b", { libc: "musl" })])?.name).toBe("b");
    expect(referenceReport([])).toBeNull();
  });

  test("differences are named with both values; a name or a tree's time is none", () => {
    const other = syncReport("b", { tree: "git:x", compiler: "clang", treeTime: "2020-01-01T00:00:00Z" });
    expect(differences(other, syncReport("a"))).toBe("tree git:x instead of git:a, compiler clang instead of gcc 14");
    expect(differences(syncReport("b"), syncReport("a"))).toBeNull();
  });
});

describe("the fleet's word", () => {
  test("a new drone must be verified; what was verified stays so while it is suspect", () => {
    const drones = new RunDrones();
    drones.update([droneView("izar")]);
    expect(drones.unsynced()).toEqual(["izar"]);
    drones.set("izar", "verified", null, syncReport("izar"));
    drones.update([droneView("izar", { state: "suspect" })]);
    expect(drones.verified()).toEqual(["izar"]);
  });

  test("a drone that the fleet no longer names is away", () => {
    const drones = new RunDrones();
    drones.update([droneView("izar"), droneView("tarn")]);
    drones.update([droneView("tarn")]);
    expect(drones.available()).toEqual(["tarn"]);
  });

  test("STALE is forgotten when the drone comes back", () => {
    const drones = new RunDrones();
    drones.update([droneView("izar")]);
    drones.set("izar", "stale", "tree git:x instead of git:a");
    drones.update([droneView("izar", { state: "lost" })]);
    drones.update([droneView("izar")]);
    expect(drones.unsynced()).toEqual(["izar"]);
    expect(drones.all()[0]?.reason).toBeNull();
  });
});

test("the scheduler hears why a drone cannot be used", () => {
  const drones = new RunDrones();
  const names = ["away", "fine", "grounded", "paused", "stale", "syncing"];
  const views = (away: "online" | "lost") => [
    droneView("away", { state: away }),
    droneView("fine"),
    droneView("grounded", { grounded: "low disk: 5 MiB free" }),
    droneView("paused", { paused: true }),
    droneView("stale"),
    droneView("syncing"),
  ];
  drones.update(views("online"));
  for (const name of names) drones.set(name, "verified", null);
  drones.set("stale", "stale", "tree git:x instead of git:a");
  drones.set("syncing", "syncing", null);
  drones.update(views("lost"));
  expect(Object.fromEntries(drones.capacities().map((c) => [c.name, c.unusable]))).toEqual({
    away: "is away",
    fine: null,
    grounded: "is grounded: low disk: 5 MiB free",
    paused: "is paused",
    stale: "is STALE: tree git:x instead of git:a",
    syncing: "is syncing",
  });
});

test.each([
  [0.5, 8],
  [2.5, 6],
  [7, 4],
])("where others keep %f of 8 cores busy the scheduler counts with %i", (busyCores, cores) => {
  const drones = new RunDrones();
  drones.update([droneView("izar", { facts: facts("izar", { busyCores, linkBytesPerSecond: 1e7 }) })]);
  expect(drones.capacities()).toMatchObject([{ cores, linkBytesPerSecond: 1e7 }]);
  expect(drones.all()).toMatchObject([{ cores: 8 }]);
});

describe("disk for builds", () => {
  const GIB = 2 ** 30;
  const needs = { memoryBytes: 0, diskBytes: 4 * GIB };
  const run = (change: Partial<ReturnType<typeof facts>>, share?: { slots: number; part: number }): RunDrones => {
    const drones = new RunDrones();
    drones.update([droneView("izar", { facts: facts("izar", change), ...(share ? { share } : {}) })]);
    return drones;
  };

  test("is what the drone says; of one that does not say it, what is free above its limit; beside another run a part", () => {
    const free = { diskFreeBytes: 9 * GIB, lowDiskBytes: 2 * GIB };
    expect(run({ ...free, diskForBuildsBytes: 8 * GIB }).capacities()).toMatchObject([{ diskBytes: 8 * GIB }]);
    expect(run(free).capacities()).toMatchObject([{ diskBytes: 7 * GIB }]);
    expect(run({ ...free, diskFreeBytes: GIB }).capacities()).toMatchObject([{ diskBytes: 0 }]);
    expect(run(free, { slots: 1, part: 0.5 }).capacities()).toMatchObject([{ diskBytes: 3.5 * GIB }]);
  });

  test("that is too little for a package is a reason never to build it there, until there is more", () => {
    const drones = run({ diskForBuildsBytes: 3 * GIB });
    const before = drones.limits;
    expect(drones.excluding("a/huge-1", needs)).toEqual([
      ["izar", "has too little disk free: 3 GiB for builds, it needs 4 GiB"],
    ]);
    drones.update([droneView("izar", { facts: facts("izar", { diskForBuildsBytes: 3.5 * GIB }) })]);
    expect(drones.limits).toBe(before);
    drones.update([droneView("izar", { facts: facts("izar", { diskForBuildsBytes: 5 * GIB }) })]);
    expect(drones.limits).not.toBe(before);
    expect(drones.excluding("a/huge-1", needs)).toEqual([]);
  });

  test("a drone of a run of an earlier version has no limit", () => {
    const [saved] = run({}).all();
    if (!saved) throw new Error("no drone");
    delete saved.diskBytes;
    const drones = new RunDrones([saved]);
    expect(drones.capacities()[0]).not.toHaveProperty("diskBytes");
    expect(drones.excluding("a/huge-1", needs)).toEqual([]);
  });
});

describe("beside another run", () => {
  const shared = (slots: number, part: number): RunDrones => {
    const drones = new RunDrones();
    drones.update([droneView("izar", { share: { slots, part } })]);
    drones.set("izar", "verified", null);
    return drones;
  };

  test("the scheduler counts with the run's part of slots, cores and memory; the screens with the drone", () => {
    const drones = shared(1, 0.5);
    expect(drones.capacities()).toMatchObject([{ slots: 1, cores: 4, memoryBytes: 32e9, unusable: null }]);
    expect(drones.all()).toMatchObject([{ slots: 2, cores: 8, memoryBytes: 64e9 }]);
    expect([drones.isShared, drones.slots()]).toEqual([true, 2]);
    // A build keeps its jobs to its end: with few slots it is not made narrow for it.
    expect(shared(1, 0.25).capacities()).toMatchObject([{ slots: 1, cores: 4 }]);
    expect(shared(0, 0).capacities()).toMatchObject([{ slots: 0, cores: 8 }]);
  });

  test("a drone that is full by the run's share is said to be used by another run", () => {
    expect(shared(0, 0).capacities()).toMatchObject([{ slots: 0, unusable: null }]);
    expect(shared(0, 0).refusalInWords("izar", "full")).toBe("is used by another run");
    expect(shared(1, 0.5).refusalInWords("izar", "full")).toBe("is full: the rest of it is used by another run");
    expect(shared(2, 1).refusalInWords("izar", "full")).toBe("full");
    expect(shared(0, 0).refusalInWords("izar", "is paused")).toBe("is paused");
  });

  test("the screens say so of a drone that the run would build on, and of no other", () => {
    const [none, half] = [shared(0, 0), shared(1, 0.5)].flatMap((drones) => drones.all());
    if (!none || !half) throw new Error("no drones");
    expect(shownReason(none, true)).toBe("used by another run");
    expect([shownReason(none, false), shownReason(half, true)]).toEqual([null, null]);
    expect(shownReason({ ...none, grounded: "low disk" }, true)).toBe("low disk");
  });

  test("alone again, all of it is the run's", () => {
    const drones = shared(0, 0);
    drones.update([droneView("izar")]);
    expect(drones.capacities()).toMatchObject([{ slots: 2, cores: 8, memoryBytes: 64e9 }]);
    expect(drones.isShared).toBe(false);
    const forgotten = shared(0, 0);
    forgotten.update([]);
    expect(forgotten.isShared).toBe(false);
  });
});
