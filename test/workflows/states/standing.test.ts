import { expect, test } from "vitest";
import type { FailureClass } from "../../../model/failures.ts";
import type { GraphPackage } from "../../../model/plan.ts";
import { RunState } from "../../../workflows/states/run.ts";
import { droneView, facts, NOW } from "../../support/facts.ts";

const GIB = 2 ** 30;
const view = (name: string, disk: number) =>
  droneView(name, { facts: facts(name, { slots: 4, diskForBuildsBytes: disk * GIB }) });

/** lib <- app, which works with data only; and one beside them. */
function startedRun({ lib = {}, disk = 100 }: { lib?: Partial<GraphPackage>; disk?: number } = {}): RunState {
  const options = { autoFinalize: false, acceptFailed: false };
  const run = new RunState({ run: "r1", target: "t", now: NOW, options });
  run.drones.update([view("ceti", disk), view("izar", disk)]);
  for (const { name } of run.drones.all()) run.drones.set(name, "verified", null);
  const packages: GraphPackage[] = [
    { cpv: "a/lib-1", estimate: 100, build: [], run: [], ...lib },
    { cpv: "a/data-1", estimate: 100, build: [], run: [] },
    { cpv: "a/app-1", estimate: 100, build: [0], run: [1] },
    { cpv: "a/other-1", estimate: 100, build: [], run: [] },
  ];
  const plan = { plan: "f".repeat(64), graph: { packages }, planIndex: [...packages.keys()] };
  run.setPlan({ ...plan, unresolvable: [], notices: [], present: 0 });
  run.enter("build", NOW);
  return run;
}

/** Reports the end of a package's build, and gives the drone that had it. */
function ends(run: RunState, cpv: string, kind: FailureClass | null): string {
  run.start(NOW);
  const build = run.delegations().find((d) => d.cpv === cpv);
  if (!build) throw new Error(`${cpv} does not build`);
  const { attempt, drone } = build;
  const artifact = { cpv, buildId: 1, size: 1, sha256: "", prepareSeconds: 0, buildSeconds: 1, adopted: false };
  const outcome = kind === null ? { artifact } : { failure: { class: kind, message: "it broke" } };
  run.report({ cpv, attempt, drone, ...outcome }, NOW);
  return drone;
}

test("the look ahead hears what goes first, with what that needs at run time, and who failed what; by what is left", () => {
  const run = startedRun();
  expect(run.standing(NOW)).not.toHaveProperty("first");
  expect(run.standing(NOW)).not.toHaveProperty("failed");
  run.prioritize(["a/app-1"], "ann", NOW);
  expect(ends(run, "a/other-1", null)).toBeTruthy();
  const drone = ends(run, "a/data-1", "package");
  const { graph, first, failed } = run.standing(NOW);
  const named = (positions: readonly number[] = []) => positions.map((i) => graph.packages[i]?.cpv).sort();
  expect(named(first)).toEqual(["a/app-1", "a/data-1"]);
  expect(failed?.map((each) => [each.drone, named(each.positions)])).toEqual([[drone, ["a/data-1"]]]);
  ends(run, "a/data-1", null);
  expect(run.standing(NOW)).toMatchObject({ first: [expect.any(Number)] });
  expect(run.standing(NOW)).not.toHaveProperty("failed");
});

test("a disk that is too small for a package at its last report is said with the run; one with more room takes it", () => {
  const run = startedRun({ lib: { disk: 12 }, disk: 9 });
  expect(run.start(NOW).delegations.map((d) => d.cpv)).not.toContain("a/lib-1");
  const reason = "has too little disk free: 9 GiB for builds, it needs 12 GiB";
  const why = `no drone could ever build it: ceti ${reason}; izar ${reason}`;
  expect(run.why(["a/lib-1"], NOW)[0]?.why).toBe(why);
  expect(run.view(NOW).stuck).toEqual([{ cpv: "a/lib-1", why }]);
  run.drones.update([view("ceti", 9), view("izar", 13)]);
  expect(run.start(NOW).delegations).toMatchObject([{ cpv: "a/lib-1", drone: "izar" }]);
  expect(run.view(NOW).stuck).toBeUndefined();
});

test("what finds no room on a disk beside what builds there waits for it, and why says so", () => {
  const run = startedRun({ lib: { disk: 1 }, disk: 1.2 });
  run.drones.update([view("ceti", 1.2)]);
  expect(run.start(NOW).delegations.map((d) => d.cpv)).toEqual(["a/lib-1"]);
  const why = run.why(["a/other-1"], NOW)[0]?.why;
  expect(why).toContain("ceti has too little disk free: 1.2 GiB for builds, and 1 GiB are for what it builds");
  ends(run, "a/lib-1", null);
  expect(run.start(NOW).delegations.map((d) => d.cpv)).toEqual(["a/data-1", "a/app-1"]);
});
