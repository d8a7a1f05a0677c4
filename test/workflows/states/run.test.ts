import { beforeEach, describe, expect, test } from "vitest";
import type { BuildFailure, FailureClass } from "../../../model/failures.ts";
import type { DroneView } from "../../../model/fleet.ts";
import type { BuildLimits } from "../../../model/limits.ts";
import { RunState } from "../../../workflows/states/run.ts";

const NOW = 1_700_000_000_000;

const droneView = (name: string, change: Partial<DroneView> = {}): DroneView => ({
  facts: {
    name,
    id: `${name}-id`,
    cores: 8,
    slots: 3,
    memoryBytes: 64e9,
    diskFreeBytes: 1e12,
    lowDiskBytes: 0,
    portage: "3",
    chost: "x",
    compiler: "gcc",
    libc: "glibc",
    clock: NOW,
  },
  state: "online",
  paused: false,
  grounded: null,
  strikes: 0,
  since: NOW,
  ...change,
});

/** lib <- app <- meta (run time), and other beside them. */
function startedRun(
  drones: DroneView[] = [droneView("ceti"), droneView("izar")],
  limits: BuildLimits = { exclusive: [], memory: [], speculate: false },
): RunState {
  const options = { autoFinalize: false, acceptFailed: false };
  const run = new RunState({ run: "r1", target: "t", now: NOW, options }, limits);
  run.drones.update(drones);
  for (const drone of drones) run.drones.set(drone.facts.name, "verified", null);
  run.setPlan({
    plan: "f".repeat(64),
    graph: {
      packages: [
        { cpv: "a/lib-1", estimate: 10, width: 4, build: [], run: [] },
        { cpv: "a/other-1", estimate: 1, build: [], run: [] },
        { cpv: "a/app-1", estimate: 10, build: [0], run: [0] },
        { cpv: "a/meta-1", estimate: 1, build: [], run: [2] },
      ],
    },
    planIndex: [0, 1, 2, 3],
    unresolvable: [],
    notices: [],
    present: 0,
  });
  run.enter("build", NOW);
  return run;
}

const failure = (kind: FailureClass, message = "it broke"): BuildFailure => ({ class: kind, message });
const artifact = (cpv: string) => ({
  cpv,
  buildId: 1,
  size: 2000,
  sha256: "a".repeat(64),
  prepareSeconds: 0,
  buildSeconds: 1,
  adopted: false,
});
const stateOf = (run: RunState, cpv: string): string | undefined => run.packages().find((p) => p.cpv === cpv)?.state;

/** Starts what can start, and reports on one package. */
function attempt(run: RunState, cpv: string, outcome: BuildFailure | "ok", now = NOW): string {
  run.start(now);
  const delegation = run.delegations().find((d) => d.cpv === cpv);
  if (!delegation) throw new Error(`${cpv} does not build: ${run.why([cpv], now)[0]?.why}`);
  const { drone } = delegation;
  run.report(
    {
      cpv,
      attempt: delegation.attempt,
      drone,
      ...(outcome === "ok" ? { artifact: artifact(cpv) } : { failure: outcome }),
    },
    now,
  );
  return drone;
}

let run: RunState;
beforeEach(() => {
  run = startedRun();
});

describe("delegation", () => {
  test("what waits for nothing starts, the longest remaining path first; what is built with it does not", () => {
    const { delegations } = run.start(NOW);
    expect(delegations.map((d) => d.cpv)).toEqual(["a/lib-1", "a/other-1", "a/meta-1"]);
    expect(run.start(NOW).delegations).toEqual([]);
    expect(run.why(["a/app-1"], NOW)[0]?.why).toMatch(/^needs a\/lib-1, which is building on (ceti|izar)$/);
  });

  test("a received package lets its dependents start", () => {
    attempt(run, "a/lib-1", "ok");
    expect(run.start(NOW).delegations.map((d) => d.cpv)).toEqual(["a/app-1"]);
  });

  test("nothing starts while the run is paused, and status says why", () => {
    run.pause("lunch", "ann", NOW);
    expect(run.start(NOW).delegations).toEqual([]);
    expect(run.why(["a/lib-1"], NOW)[0]?.why).toBe("the run is paused by ann: lunch");
    run.resume("ann", NOW);
    expect(run.start(NOW).delegations.length).toBeGreaterThan(0);
  });

  test("a full swarm is named as such", () => {
    const one = startedRun([droneView("ceti", { facts: { ...droneView("ceti").facts, slots: 1 } })]);
    one.start(NOW);
    expect(one.why(["a/other-1"], NOW)[0]?.why).toBe("ready, but every drone that could build it is full (ceti full)");
  });
});

describe("failure policy", () => {
  test("a broken package is tried on a second drone, then blocked, and what needs it is skipped with the cause", () => {
    const first = attempt(run, "a/lib-1", failure("package", "compile failed"));
    const second = attempt(run, "a/lib-1", failure("package", "compile failed"));
    expect(second).not.toBe(first);
    expect(stateOf(run, "a/lib-1")).toBe("failed");
    expect(run.packages().find((p) => p.cpv === "a/app-1")).toMatchObject({ state: "skipped", cause: "a/lib-1" });
    // meta runs already; it needs app at run time only.
    expect(stateOf(run, "a/other-1")).toBe("delegated");
    expect(run.view(NOW).failed).toEqual([{ cpv: "a/lib-1", message: "compile failed", drones: [first, second] }]);
  });

  test("with one drone a broken package is blocked at once: nobody else can try", () => {
    const one = startedRun([droneView("ceti")]);
    attempt(one, "a/lib-1", failure("package"));
    expect(stateOf(one, "a/lib-1")).toBe("failed");
  });

  test("infrastructure is waited out, longer each time, and nobody is blamed", () => {
    attempt(run, "a/lib-1", failure("infrastructure"));
    expect(run.start(NOW).wakeAt).toBe(NOW + 15_000);
    expect(run.start(NOW + 14_999).delegations).toEqual([]);
    attempt(run, "a/lib-1", failure("infrastructure"), NOW + 15_000);
    expect(run.start(NOW + 15_000).wakeAt).toBe(NOW + 45_000);
    expect(run.endWaits()).toEqual(["a/lib-1"]);
    expect(run.start(NOW + 15_001).delegations.map((d) => d.cpv)).toEqual(["a/lib-1"]);
  });

  test("a sick drone gets a strike and the package goes elsewhere", () => {
    run.start(NOW);
    const lib = run.delegations().find((d) => d.cpv === "a/lib-1");
    const effects = run.report(
      { cpv: "a/lib-1", attempt: 1, drone: lib?.drone ?? "", failure: failure("drone", "cannot fork") },
      NOW,
    );
    expect(effects.strikes).toEqual([{ drone: lib?.drone, reason: "a/lib-1: cannot fork" }]);
    expect(attempt(run, "a/lib-1", "ok")).not.toBe(lib?.drone);
  });

  test("out of memory: again with half the jobs, alone on the drone", () => {
    const one = startedRun([droneView("ceti")]);
    one.start(NOW);
    expect(one.delegations().find((d) => d.cpv === "a/lib-1")?.jobs).toBe(4);
    one.report({ cpv: "a/lib-1", attempt: 1, drone: "ceti", failure: failure("memory") }, NOW);
    expect(one.start(NOW).delegations.map((d) => d.cpv)).not.toContain("a/lib-1");
    for (const d of one.delegations()) {
      one.report({ cpv: d.cpv, attempt: d.attempt, drone: "ceti", artifact: artifact(d.cpv) }, NOW);
    }
    one.start(NOW);
    for (const d of one.delegations().filter((d) => !d.alone)) {
      one.report({ cpv: d.cpv, attempt: d.attempt, drone: "ceti", artifact: artifact(d.cpv) }, NOW);
    }
    one.start(NOW);
    expect(one.delegations()).toMatchObject([{ cpv: "a/lib-1", jobs: 2, alone: true }]);
  });

  test("a lost drone's package goes elsewhere without blame; the late report of the old attempt changes nothing", () => {
    run.start(NOW);
    const lost = run.delegations().find((d) => d.cpv === "a/lib-1")?.drone ?? "";
    run.report({ cpv: "a/lib-1", attempt: 1, drone: lost, failure: failure("lost") }, NOW);
    run.drones.update(["ceti", "izar", "tarn"].map((name) => droneView(name)));
    run.drones.set("tarn", "verified", null);
    run.start(NOW);
    expect(run.delegations().find((d) => d.cpv === "a/lib-1")).toMatchObject({ attempt: 2, drone: "tarn" });
    expect(run.drones.unsynced()).toEqual([lost]);
    run.report({ cpv: "a/lib-1", attempt: 1, drone: lost, artifact: artifact("a/lib-1") }, NOW);
    expect(stateOf(run, "a/lib-1")).toBe("delegated");
    expect(run.view(NOW).events.at(-1)?.text).toContain("late report of a/lib-1");
  });

  test("unblock gives two new tries", () => {
    attempt(run, "a/lib-1", failure("package"));
    attempt(run, "a/lib-1", failure("package"));
    expect(run.unblock([])).toEqual(["a/lib-1"]);
    expect(stateOf(run, "a/app-1")).toBe("needed");
    attempt(run, "a/lib-1", failure("package"));
    expect(stateOf(run, "a/lib-1")).toBe("needed");
    attempt(run, "a/lib-1", "ok");
    expect(stateOf(run, "a/lib-1")).toBe("received");
  });
});

describe("prioritize", () => {
  /** A long chain, and beside it a leaf with a build-time and a run-time need; one drone that builds one at a time. */
  function oneByOne(): RunState {
    const view = droneView("ceti");
    const run = startedRun([{ ...view, facts: { ...view.facts, slots: 1 } }]);
    const graph = {
      packages: [
        { cpv: "a/long-1", estimate: 900, build: [], run: [] },
        { cpv: "a/longer-1", estimate: 900, build: [0], run: [] },
        { cpv: "a/tool-1", estimate: 5, build: [], run: [] },
        { cpv: "a/data-1", estimate: 1, build: [], run: [] },
        { cpv: "a/leaf-1", estimate: 10, build: [2], run: [3] },
      ],
    };
    run.setPlan({ plan: "f".repeat(64), graph, planIndex: [0, 1, 2, 3, 4], unresolvable: [], notices: [], present: 0 });
    return run;
  }

  /** Builds everything that is left, in the order in which it is started. */
  function buildAll(run: RunState): string[] {
    const order: string[] = [];
    for (;;) {
      const [delegation] = run.start(NOW).delegations;
      if (!delegation) return order;
      order.push(delegation.cpv);
      attempt(run, delegation.cpv, "ok");
    }
  }

  test("without it the longest path goes first; with it the package, what it is built with and what it needs to run", () => {
    expect(buildAll(oneByOne()).slice(0, 2)).toEqual(["a/long-1", "a/longer-1"]);
    const run = oneByOne();
    expect(run.prioritize(["a/leaf-1"], "ann", NOW)).toEqual(["a/leaf-1"]);
    expect(run.view(NOW).prioritized).toEqual(["a/leaf-1"]);
    expect(run.view(NOW).events.at(-1)?.text).toBe("ann put first a/leaf-1");
    expect(buildAll(run)).toEqual(["a/tool-1", "a/leaf-1", "a/data-1", "a/long-1", "a/longer-1"]);
    expect(run.view(NOW)).not.toHaveProperty("prioritized");
  });

  test("each list replaces the one before, in flight; none ends it", () => {
    const run = oneByOne();
    run.prioritize(["a/leaf-1"], "ann", NOW);
    expect(run.start(NOW).delegations[0]?.cpv).toBe("a/tool-1");
    run.prioritize(["a/data-1"], "ann", NOW);
    attempt(run, "a/tool-1", "ok");
    expect(run.start(NOW).delegations[0]?.cpv).toBe("a/data-1");
    run.prioritize([], "ann", NOW);
    expect(run.view(NOW)).not.toHaveProperty("prioritized");
    attempt(run, "a/data-1", "ok");
    expect(buildAll(run)).toEqual(["a/long-1", "a/longer-1", "a/leaf-1"]);
  });

  test("it goes on in the next run of the workflow", () => {
    const run = oneByOne();
    run.prioritize(["a/leaf-1"], "ann", NOW);
    const again = new RunState(JSON.parse(JSON.stringify(run.save(NOW))));
    expect(again.view(NOW).prioritized).toEqual(["a/leaf-1"]);
    expect(buildAll(again).slice(0, 3)).toEqual(["a/tool-1", "a/leaf-1", "a/data-1"]);
  });

  test("what the run does not build cannot be put first", () => {
    expect(oneByOne().prioritizeRefusal(["a/leaf-1", "a/leaf-2"])).toBe(
      "not among the packages that the run builds: a/leaf-2",
    );
  });
});

test("incident 4: many drones failing many packages pauses the run, blames nobody, and resume tries again", () => {
  const wide = new RunState({ run: "r", target: "t", now: NOW, options: { autoFinalize: false, acceptFailed: false } });
  wide.drones.update([droneView("ceti"), droneView("izar"), droneView("tarn")]);
  for (const name of ["ceti", "izar", "tarn"]) wide.drones.set(name, "verified", null);
  const packages = Array.from({ length: 6 }, (_, i) => ({ cpv: `a/p${i}-1`, estimate: 1, build: [], run: [] }));
  wide.setPlan({
    plan: "",
    graph: { packages },
    planIndex: [0, 1, 2, 3, 4, 5],
    unresolvable: [],
    notices: [],
    present: 0,
  });
  wide.enter("build", NOW);
  wide.start(NOW);
  let forgiven: string[] = [];
  let struck: string[] = [];
  for (const d of wide.delegations()) {
    const effects = wide.report(
      { cpv: d.cpv, attempt: 1, drone: d.drone, failure: failure("drone", "No such file") },
      NOW,
    );
    forgiven = [...forgiven, ...effects.forgive];
    struck = effects.strikes.map((strike) => strike.drone);
  }
  // The sixth failure came when the run was paused already: it is nobody's fault either.
  expect(struck).toEqual([]);
  expect(wide.view(NOW).paused?.reason).toContain("something that the drones share is broken");
  expect(forgiven.length).toBeGreaterThanOrEqual(2);
  expect(wide.counts().failed).toBe(0);
  wide.resume("ann", NOW);
  expect(wide.start(NOW).delegations).toHaveLength(6);
});

describe("gate", () => {
  const finish = (): void => {
    for (const cpv of ["a/lib-1", "a/other-1", "a/meta-1", "a/app-1"]) attempt(run, cpv, "ok");
    expect(run.isSettled()).toBe(true);
    run.enter("gate", NOW);
  };

  test("finalize is refused while work is left, says how much, and taken when nothing is", () => {
    run.start(NOW);
    expect(run.finalizeRefusal(false)).toBe("too early: 4 packages left, 3 of them building. Watch: swarm status");
    finish();
    expect(run.finalizeRefusal(false)).toBeNull();
  });

  test("finalize with failed packages must be told to accept them", () => {
    for (const cpv of ["a/lib-1", "a/meta-1", "a/app-1"]) attempt(run, cpv, "ok");
    for (const _ of [1, 2]) attempt(run, "a/other-1", failure("package"));
    run.enter("gate", NOW);
    expect(run.finalizeRefusal(false)).toContain("1 failed and 0 skipped");
    expect(run.finalizeRefusal(true)).toBeNull();
  });
});

test("continue as new: the saved state goes on where it was", () => {
  attempt(run, "a/lib-1", "ok");
  attempt(run, "a/other-1", failure("package"));
  run.start(NOW);
  const saved = JSON.parse(JSON.stringify(run.save(NOW)));
  const again = new RunState(saved);
  expect(again.view(NOW)).toEqual(run.view(NOW));
  expect(again.packages()).toEqual(run.packages());
  const app = again.delegations().find((d) => d.cpv === "a/app-1");
  again.report({ cpv: "a/app-1", attempt: 1, drone: app?.drone ?? "", artifact: artifact("a/app-1") }, NOW);
  expect(stateOf(again, "a/app-1")).toBe("received");
});

test("a drone that was away and is back must be verified again before it gets work", () => {
  run.drones.update([droneView("ceti", { state: "lost" }), droneView("izar")]);
  expect(run.start(NOW).delegations.every((d) => d.drone === "izar")).toBe(true);
  run.drones.update([droneView("ceti"), droneView("izar")]);
  expect(run.drones.unsynced()).toEqual(["ceti"]);
  expect(run.drones.verified()).toEqual(["izar"]);
});

test("a drone that excludes a package, or builds only others, never gets it; why says so", () => {
  const picky = (name: string, change: Partial<DroneView["facts"]>): DroneView => {
    const view = droneView(name);
    return { ...view, facts: { ...view.facts, ...change } };
  };
  const run = startedRun([picky("ceti", { exclude: ["a/lib"] }), picky("izar", { only: ["a/other", "b/*"] })]);
  expect(run.start(NOW).delegations.map((d) => [d.cpv, d.drone])).not.toContainEqual(["a/lib-1", expect.anything()]);
  expect(run.why(["a/lib-1"], NOW)[0]?.why).toBe(
    "no drone could ever build it: ceti excludes a/lib; izar builds only a/other, b/*",
  );
  run.drones.update([picky("ceti", { exclude: ["a/lib"] }), picky("izar", { only: ["a/other"] }), droneView("tarn")]);
  run.drones.set("tarn", "verified", null);
  expect(run.start(NOW).delegations.map((d) => [d.cpv, d.drone])).toContainEqual(["a/lib-1", "tarn"]);
});

describe("an operator's limits", () => {
  const alone = [droneView("ceti")];

  test("no two of an exclusive group build on one drone at the same time", () => {
    const run = startedRun(alone, { exclusive: [["a/lib", "a/other"], ["a/*-data"]], memory: [], speculate: false });
    expect(run.start(NOW).delegations.map((d) => d.cpv)).toEqual(["a/lib-1", "a/meta-1"]);
    expect(run.why(["a/other-1"], NOW)[0]?.why).toContain("ceti builds another of its exclusive group");
  });

  test("memory by pattern counts instead of the estimate; the first that matches", () => {
    const memory = [
      { packages: "a/other", gib: 59.55 },
      { packages: "a/*", gib: 0.1 },
    ];
    const run = startedRun(alone, { exclusive: [], memory, speculate: false });
    expect(run.start(NOW).delegations.map((d) => d.cpv)).toEqual(["a/lib-1", "a/meta-1"]);
    expect(run.why(["a/other-1"], NOW)[0]?.why).toContain("ceti has too little memory free");
  });
});

describe("the outlook of a large run", () => {
  const many = (size: number) => {
    const run = startedRun();
    const packages = Array.from({ length: size }, (_, i) => ({ cpv: `a/p${i}-1`, estimate: 10, build: [], run: [] }));
    const planIndex = [...packages.keys()];
    run.setPlan({ plan: "f".repeat(64), graph: { packages }, planIndex, unresolvable: [], notices: [], present: 0 });
    run.standing(NOW);
    run.foresee({ crowding: 0.5, patience: 0.5, seconds: { low: 100, expected: 200, high: 300 } }, NOW);
    return new RunState(JSON.parse(JSON.stringify(run.save(NOW + 1000))));
  };

  test("is taken along when it continues as new; a small one is asked about again", () => {
    const [large, small] = [many(4000), many(40)];
    expect(large.wantsOutlook(NOW + 100_000)).toBe(false);
    expect(small.wantsOutlook(NOW + 100_000)).toBe(true);
    for (const run of [large, small]) expect(run.view(NOW + 50_000).etaRange).toEqual({ low: 50, high: 250 });
  });
});

describe("what no drone could ever build", () => {
  const GIB = 2 ** 30;
  const big = droneView("big", {
    facts: { ...droneView("big").facts, memoryForBuildsBytes: 16 * GIB, exclude: ["a/app"] },
  });
  const small = droneView("small", { facts: { ...droneView("small").facts, memoryForBuildsBytes: 2 * GIB } });
  const memory = [{ packages: "a/lib", gib: 30 }];

  test("is said with each drone's reason, and shown with the run; a drone that can ends that", () => {
    const run = startedRun([big, small], { exclusive: [], memory, speculate: false });
    expect(run.start(NOW).delegations.map((d) => d.cpv)).not.toContain("a/lib-1");
    const why =
      "no drone could ever build it: big has 16 GiB for builds, it needs 30 GiB; small has 2 GiB for builds, it needs 30 GiB";
    expect(run.why(["a/lib-1"], NOW)[0]?.why).toBe(why);
    expect(run.view(NOW).stuck).toEqual([{ cpv: "a/lib-1", why }]);

    const huge = droneView("huge", { facts: { ...droneView("huge").facts, memoryForBuildsBytes: 64 * GIB } });
    run.drones.update([big, small, huge]);
    run.drones.set("huge", "verified", null);
    expect(run.view(NOW).stuck).toBeUndefined();
    expect(run.start(NOW).delegations).toMatchObject([{ cpv: "a/lib-1", drone: "huge" }]);
  });

  test("a drone that was mended and restarted is asked again, for what is ready already", () => {
    const run = startedRun([droneView("ceti", { facts: { ...droneView("ceti").facts, exclude: ["a/*"] } })]);
    expect(run.start(NOW).delegations).toEqual([]);
    expect(run.view(NOW).stuck).toHaveLength(3);
    run.drones.update([droneView("ceti")]);
    expect(run.start(NOW).delegations.map((d) => d.cpv)).toContain("a/lib-1");
  });

  test("counts what a drone excludes; a failure then leaves nobody, and the package is blocked", () => {
    const run = startedRun([big, droneView("other")]);
    attempt(run, "a/lib-1", "ok");
    expect(attempt(run, "a/app-1", failure("package"))).toBe("other");
    expect(stateOf(run, "a/app-1")).toBe("failed");
  });
});

describe("what would be done sooner elsewhere", () => {
  const HOUR = 3_600_000;
  const facts = (name: string, cores: number) => ({ ...droneView(name).facts, cores });
  const slow = droneView("slow", { facts: facts("slow", 2) });
  const fast = droneView("fast", { facts: facts("fast", 16), paused: true });

  /** One long package began on the slow drone while the fast one was paused, which it is not any more. */
  function held(speculate: boolean): RunState {
    const run = startedRun([slow, fast], { exclusive: [], memory: [], speculate });
    run.setPlan({
      plan: "f".repeat(64),
      graph: {
        packages: [{ cpv: "a/huge-1", estimate: 8 * 3600, serial: 10, width: 16, sigma: 0.3, build: [], run: [] }],
      },
      planIndex: [0],
      unresolvable: [],
      notices: [],
      present: 0,
    });
    expect(run.start(NOW).delegations.map((d) => d.drone)).toEqual(["slow"]);
    run.drones.update([slow, { ...fast, paused: false }]);
    expect(run.start(NOW + 1).delegations).toEqual([]);
    return run;
  }

  test("what holds a run up begins anew on a drone where that pays, once; the old build's end means nothing", () => {
    const run = held(false);
    const [moved, ...others] = run.relieve(NOW + 60_000);
    expect(others).toEqual([]);
    expect(moved).toMatchObject({
      stopped: { drone: "slow", attempt: 1 },
      started: { drone: "fast", attempt: 2, jobs: 16 },
    });
    expect(run.packages()[0]).toMatchObject({ state: "delegated", attempts: [{ supersededBy: 2 }, { drone: "fast" }] });
    expect(run.view(NOW).events.at(-1)?.text).toMatch(/^a\/huge-1 moves to fast: \d+ min there, \d+ min on slow$/);
    expect(run.relieve(NOW + 2 * HOUR)).toEqual([]);

    run.report({ cpv: "a/huge-1", attempt: 1, drone: "slow", cancelled: true }, NOW + HOUR);
    expect(stateOf(run, "a/huge-1")).toBe("delegated");
    expect(run.view(NOW).events).toHaveLength(1);
    run.report({ cpv: "a/huge-1", attempt: 2, drone: "fast", artifact: artifact("a/huge-1") }, NOW + HOUR);
    expect(stateOf(run, "a/huge-1")).toBe("received");
    expect(run.isSettled()).toBe(true);
  });

  test("a move survives the run's continuing as new, and is not made again", () => {
    const run = held(false);
    run.relieve(NOW + 60_000);
    const again = new RunState(JSON.parse(JSON.stringify(run.save(NOW + 60_000))));
    expect(again.delegations().map((d) => [d.drone, d.attempt])).toEqual([["fast", 2]]);
    again.drones.update([slow, { ...fast, paused: true }]);
    expect(again.relieve(NOW + HOUR)).toEqual([]);
  });

  test("with speculation it gets a second build: the first that is done counts, the other one is stopped", () => {
    const run = held(true);
    expect(run.relieve(NOW + 60_000)).toMatchObject([{ stopped: null, started: { drone: "fast", attempt: 2 } }]);
    expect(run.why(["a/huge-1"], NOW)[0]?.why).toBe("building on slow and, as a copy, on fast");
    expect(run.counts().delegated).toBe(1);
    expect(run.relieve(NOW + HOUR)).toEqual([]);
    const again = new RunState(JSON.parse(JSON.stringify(run.save(NOW + 60_000))));
    for (const state of [run, again]) {
      const { cancel } = state.report(
        { cpv: "a/huge-1", attempt: 1, drone: "slow", artifact: artifact("a/huge-1") },
        NOW + HOUR,
      );
      expect(cancel.map((d) => [d.drone, d.attempt])).toEqual([["fast", 2]]);
      expect(state.isSettled()).toBe(true);
      expect(state.delegations()).toEqual([]);
      expect(state.why(["a/huge-1"], NOW)[0]?.why).toBe("built by slow, waits for finalize");
    }
  });

  test("of two builds one fails: the other goes on; a second failure gives the package up", () => {
    const run = held(true);
    run.relieve(NOW + 60_000);
    const broken = { cpv: "a/huge-1", failure: failure("package") };
    expect(run.report({ ...broken, attempt: 2, drone: "fast" }, NOW + HOUR).cancel).toEqual([]);
    expect(stateOf(run, "a/huge-1")).toBe("delegated");
    expect(run.start(NOW + HOUR).delegations).toEqual([]);
    run.report({ ...broken, attempt: 1, drone: "slow" }, NOW + HOUR);
    expect(stateOf(run, "a/huge-1")).toBe("failed");
    expect(run.isSettled()).toBe(true);
  });

  test("one drone is lost with one of two builds: nothing is begun a third time", () => {
    const run = held(true);
    run.relieve(NOW + 60_000);
    run.report({ cpv: "a/huge-1", attempt: 1, drone: "slow", failure: failure("lost") }, NOW + HOUR);
    expect(run.start(NOW + HOUR).delegations).toEqual([]);
    expect(run.delegations().map((d) => d.drone)).toEqual(["fast"]);
  });

  test("balance names what would be sooner elsewhere, and nothing while the run is paused", () => {
    const run = held(false);
    expect(run.betterPlaces(NOW + 60_000)).toMatchObject([{ from: "slow", drone: "fast", build: { attempt: 1 } }]);
    run.pause("lunch", "ann", NOW);
    expect(run.betterPlaces(NOW + 60_000)).toEqual([]);
    expect(run.relieve(NOW + 60_000)).toEqual([]);
  });

  test("balance may leave builds out: no move counts with one that is not made", () => {
    const run = held(false);
    expect(run.betterPlaces(NOW + 60_000, () => false)).toEqual([]);
  });

  test("a copy stays one, also when the run continues as new after the other build failed", () => {
    const run = held(true);
    run.relieve(NOW + 60_000);
    run.report({ cpv: "a/huge-1", attempt: 2, drone: "fast", failure: failure("infrastructure") }, NOW + 90_000);
    const again = new RunState(JSON.parse(JSON.stringify(run.save(NOW + 90_000))), {
      ...{ exclusive: [], memory: [], speculate: true },
    });
    expect(again.relieve(NOW + HOUR)).toEqual([]);
    again.report({ cpv: "a/huge-1", attempt: 1, drone: "slow", artifact: artifact("a/huge-1") }, NOW + HOUR);
    expect(again.why(["a/huge-1"], NOW)[0]?.why).toBe("built by slow, waits for finalize");
  });

  test("a drone that another run uses too is no reason to move", () => {
    const run = held(false);
    const share = { slots: 1, part: 0.25 };
    run.drones.update([
      { ...slow, share },
      { ...fast, paused: false, share },
    ]);
    run.start(NOW + 2);
    expect(run.relieve(NOW + 60_000)).toEqual([]);
  });
});
