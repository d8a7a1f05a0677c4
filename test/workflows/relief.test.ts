import { describe, expect, test } from "vitest";
import type { NoopDroneOptions } from "../../bench/noop/drone.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { GraphPackage } from "../../model/plan.ts";
import { balanceUpdate, cancelUpdate } from "../../workflows/messages.ts";
import { Builds, held, packages, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const HOUR = 3600;
const long = (cpv: string, hours: number): GraphPackage => ({
  ...{ cpv, estimate: hours * HOUR, serial: 10, width: 16, sigma: 0.3, build: [], run: [] },
});
const drone = (name: string, cores: number, builds: Builds): NoopDroneOptions => ({
  ...{ name, cores, slots: 4, build: builds.build },
});
const LIMITS = { exclusive: [], memory: [] };

/** Builds of the slow drone hang until they are stopped; those of the others wait for the word. */
function slowHangs(): { builds: Builds; stopped: Promise<string>; release: () => void } {
  const { promise: stopped, resolve } = Promise.withResolvers<string>();
  const { build, release } = held();
  const builds = new Builds(async (order, name, signal) => {
    if (name !== "slow") return await build(order, name, signal);
    await new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const watched = builds.build;
  const watching: Builds["build"] = async (order, name, signal) => {
    signal.addEventListener("abort", () => resolve(`${order.cpv} on ${name}`));
    await watched(order, name, signal);
  };
  return { builds: Object.assign(builds, { build: watching }), stopped, release };
}

describe("a faster drone joins while one build holds everything up", () => {
  test("the build begins anew there, and ends where it was", async () => {
    const { builds, stopped, release } = slowHangs();
    await using swarm = await noopSwarm({
      plan: { packages: [long("a/huge-1", 8)] },
      drones: [drone("slow", 2, builds)],
    });
    await swarm.run();
    await until("the build on the slow one", async () => builds.started.length === 1);
    await swarm.addDrone(drone("fast", 16, builds));
    expect(await stopped).toBe("a/huge-1 on slow");
    release();
    await reaches(swarm, "gate");
    expect(builds.dronesOf("a/huge-1")).toEqual(["slow", "fast"]);
    expect((await packages(swarm))[0]?.attempts).toMatchObject([{ supersededBy: 2 }, { drone: "fast", jobs: 16 }]);
    expect((await swarm.view()).events.map((e) => e.text)).toEqual([
      expect.stringMatching(/^a\/huge-1 moves to fast: \d+ min there, \d+ min on slow$/),
    ]);
  });

  test("with speculation both go on; the first that is done counts, the other one is stopped", async () => {
    const { builds, stopped, release } = slowHangs();
    await using swarm = await noopSwarm({
      plan: { packages: [long("a/huge-1", 8)] },
      drones: [drone("slow", 2, builds)],
    });
    await swarm.run({ limits: { ...LIMITS, speculate: true } });
    await until("the build on the slow one", async () => builds.started.length === 1);
    await swarm.addDrone(drone("fast", 16, builds));
    await until("the copy", async () => builds.started.length === 2);
    expect((await swarm.view()).drones.flatMap((d) => d.building.map((b) => [d.name, b.cpv]))).toEqual([
      ["fast", "a/huge-1"],
      ["slow", "a/huge-1"],
    ]);
    release();
    await reaches(swarm, "gate");
    expect(await stopped).toBe("a/huge-1 on slow");
    expect((await packages(swarm))[0]).toMatchObject({ state: "received", attempts: [{ supersededBy: 2 }, {}] });
  });
});

test.each([
  { compiling: false, outcome: "moved" },
  { compiling: true, outcome: "kept" },
] as const)("balance, compiling $compiling: what would be done sooner elsewhere is $outcome", async (given) => {
  const { builds, release } = slowHangs();
  await using swarm = await noopSwarm({
    plan: { packages: [long("a/huge-1", 16), long("a/side-1", 4)] },
    drones: [{ ...drone("slow", 2, builds), compiling: () => given.compiling }],
  });
  const run = await swarm.run();
  await until("both on the slow one", async () => builds.started.length === 2);
  await swarm.addDrone(drone("fast", 16, builds));
  const first = await until("one moves by itself", async () => builds.started[2]);
  const other = first.cpv === "a/huge-1" ? "a/side-1" : "a/huge-1";
  const { moved, kept, freed } = await run.executeUpdate(balanceUpdate, { args: [{ by: "ann" }] });
  const found = given.outcome === "moved" ? moved : kept;
  expect([...moved, ...kept]).toEqual(found);
  expect(found).toMatchObject([{ cpv: other }]);
  expect(found[0]?.there).toBeLessThan(found[0]?.here ?? 0);
  expect(freed).toEqual([]);
  if (given.outcome === "kept") return;
  release();
  await reaches(swarm, "gate");
  expect(builds.dronesOf(other)).toEqual(["slow", "fast"]);
});

test("a run that is cancelled while balance asks the drones begins nothing any more", async () => {
  const { builds, release } = slowHangs();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: answer, resolve: answerNow } = Promise.withResolvers<boolean>();
  const compiling = (): Promise<boolean> => {
    ask();
    return answer;
  };
  await using swarm = await noopSwarm({
    plan: { packages: [long("a/huge-1", 16), long("a/side-1", 4)] },
    drones: [{ ...drone("slow", 2, builds), compiling }],
  });
  const run = await swarm.run();
  await until("both on the slow one", async () => builds.started.length === 2);
  await swarm.addDrone(drone("fast", 16, builds));
  await until("one moves by itself", async () => builds.started.length === 3);
  const balanced = run.executeUpdate(balanceUpdate, { args: [{ by: "ann" }] });
  await asked;
  await run.executeUpdate(cancelUpdate, { args: [{ by: "ann" }] });
  answerNow(false);
  expect(await balanced).toMatchObject({ moved: [] });
  expect((await run.result()).outcome).toBe("cancelled");
  expect(builds.started).toHaveLength(3);
  release();
});
