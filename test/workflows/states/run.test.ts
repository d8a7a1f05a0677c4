import { beforeEach, describe, expect, test } from "vitest";
import type { DroneView } from "../../../model/fleet.ts";
import { RunState } from "../../../workflows/states/run.ts";
import { artifact, attempt, droneView, failure, NOW, startedRun, stateOf } from "../../support/runState.ts";

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
