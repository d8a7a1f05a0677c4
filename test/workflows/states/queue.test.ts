import { expect, test } from "vitest";
import { RunState } from "../../../workflows/states/run.ts";

const NOW = 1_700_000_000_000;

/** lib <- app, and other beside them; a drone that builds one at a time. */
function startedRun(): RunState {
  const options = { autoFinalize: false, acceptFailed: false };
  const run = new RunState({ run: "r1", target: "t", now: NOW, options });
  const facts = { name: "izar", id: "id", cores: 1, slots: 1, memoryBytes: 64e9, diskFreeBytes: 1e12, lowDiskBytes: 0 };
  const rest = { portage: "3", chost: "x", compiler: "gcc", libc: "glibc", clock: NOW };
  run.drones.update([
    { facts: { ...facts, ...rest }, state: "online", paused: false, grounded: null, strikes: 0, since: NOW },
  ]);
  run.drones.set("izar", "verified", null);
  run.setPlan({
    plan: "f".repeat(64),
    graph: {
      packages: [
        { cpv: "a/lib-1", estimate: 100, build: [], run: [] },
        { cpv: "a/other-1", estimate: 1, build: [], run: [] },
        { cpv: "a/app-1", estimate: 10, build: [0], run: [0] },
      ],
    },
    planIndex: [0, 1, 2],
    unresolvable: [],
    notices: [],
    present: 0,
  });
  run.enter("build", NOW);
  return run;
}

/** Reports of the build that the drone has. */
function ends(run: RunState, cpv: string, at: number, failed = false): void {
  const build = run.delegations().find((each) => each.cpv === cpv);
  if (!build) throw new Error(`${cpv} does not build`);
  const { attempt, drone } = build;
  const sha256 = "a".repeat(64);
  const artifact = { cpv, buildId: 1, size: 1, sha256, prepareSeconds: 0, buildSeconds: 1, adopted: false };
  const failure = { class: "infrastructure", message: "no network" } as const;
  run.report({ cpv, attempt, drone, ...(failed ? { failure } : { artifact }) }, at);
}

test("what is ready waits since the step began, since its last need was received or since its last attempt", () => {
  const run = startedRun();
  expect(run.view(NOW + 5_000).queue).toEqual({ ready: 2, since: NOW });
  expect(run.start(NOW + 5_000).delegations.map(({ cpv }) => cpv)).toEqual(["a/lib-1"]);
  expect(run.view(NOW + 6_000).queue).toEqual({ ready: 1, since: NOW });
  ends(run, "a/lib-1", NOW + 10_000);
  expect(run.start(NOW + 10_000).delegations.map(({ cpv }) => cpv)).toEqual(["a/app-1"]);
  ends(run, "a/app-1", NOW + 20_000, true);
  expect(run.start(NOW + 20_000).delegations.map(({ cpv }) => cpv)).toEqual(["a/other-1"]);
  // After trouble with the network it waits on purpose for a while, and in earnest after that.
  expect(run.view(NOW + 21_000).queue).toBeUndefined();
  const later = run.view(NOW + 3_600_000).queue;
  expect(later?.ready).toBe(1);
  expect(later?.since).toBeGreaterThan(NOW + 20_000);
  ends(run, "a/other-1", NOW + 3_600_000);
  run.start(NOW + 3_600_000);
  expect(run.view(NOW + 3_600_000).queue).toBeUndefined();
});

test("outside the build step nothing waits", () => {
  const run = startedRun();
  run.enter("gate", NOW + 1);
  expect(run.view(NOW + 2).queue).toBeUndefined();
});
