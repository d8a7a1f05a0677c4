import { describe, expect, test } from "vitest";
import type { GraphPackage } from "../../../model/plan.ts";
import { RunState } from "../../../workflows/states/run.ts";
import { droneView, facts, NOW } from "../../support/facts.ts";

const limits = { exclusive: [], memory: [], speculate: false };

/** One library, and two packages that are built with it, of which the second follows the first. */
function startedRun(linkBytesPerSecond?: number): RunState {
  const options = { autoFinalize: false, acceptFailed: false };
  const run = new RunState({ run: "r1", target: "t", now: NOW, options }, limits);
  const link = linkBytesPerSecond === undefined ? {} : { linkBytesPerSecond };
  // The second is a little faster: what is built where is then seen.
  const drones = [
    facts("ceti", { ...link, speed: 1 }),
    facts("izar", { ...link, speed: 1.5, only: ["a/app", "a/last"] }),
  ];
  run.drones.update(drones.map((its) => droneView(its.name, { facts: its })));
  for (const { name } of drones) run.drones.set(name, "verified", null);
  const packages: GraphPackage[] = [
    { cpv: "a/lib-1", estimate: 60, build: [], run: [] },
    { cpv: "a/app-1", estimate: 60, build: [0], run: [] },
    { cpv: "a/last-1", estimate: 60, build: [0, 1], run: [] },
  ];
  const plan = { plan: "f".repeat(64), graph: { packages }, planIndex: [0, 1, 2] };
  run.setPlan({ ...plan, unresolvable: [], notices: [], present: 0 });
  run.enter("build", NOW);
  return run;
}

/** Builds what is next, with an artifact of so many MiB; where it was built. */
function build(run: RunState, mib: number): string {
  const [next] = run.start(NOW).delegations;
  if (!next) throw new Error("nothing starts");
  const { cpv, attempt, drone } = next;
  const seconds = { prepareSeconds: 0, buildSeconds: 1 };
  const artifact = { cpv, buildId: 1, size: mib * 2 ** 20, sha256: "a".repeat(64), ...seconds, adopted: false };
  run.report({ cpv, attempt, drone, artifact }, NOW);
  return drone;
}

describe("a package is built where what it needs is at hand", () => {
  test("when fetching it takes longer than the faster drone saves", () => {
    const run = startedRun(2 ** 20);
    expect([build(run, 300), build(run, 1), build(run, 1)]).toEqual(["ceti", "ceti", "ceti"]);
  });

  test("not when the link is fast, or nobody knows how fast", () => {
    for (const link of [100 * 2 ** 20, undefined]) {
      const run = startedRun(link);
      expect([build(run, 300), build(run, 1), build(run, 1)]).toEqual(["ceti", "izar", "izar"]);
    }
  });

  test("also after the run went on in another workflow", () => {
    const run = startedRun(2 ** 20);
    build(run, 300);
    const next = new RunState(structuredClone(run.save(NOW)), limits);
    expect(build(next, 1)).toBe("ceti");
  });
});
