import { describe, expect, test } from "vitest";
import { RunState } from "../../../workflows/states/run.ts";
import { artifact, droneView, failure, NOW, startedRun, stateOf } from "../../support/runState.ts";

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
