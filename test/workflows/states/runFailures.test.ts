import { beforeEach, describe, expect, test } from "vitest";
import { RunState } from "../../../workflows/states/run.ts";
import { artifact, attempt, droneView, failure, NOW, startedRun, stateOf } from "../../support/runState.ts";

let run: RunState;
beforeEach(() => {
  run = startedRun();
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
    expect(run.view(NOW).failed).toEqual([
      { cpv: "a/lib-1", message: "compile failed", drones: [first, second], failedAt: NOW },
    ]);
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
