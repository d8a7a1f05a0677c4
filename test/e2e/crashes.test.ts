import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";
import type { SwarmPackage } from "../support/swarmPackages.ts";

vi.setConfig(LONG);

const packages = (version: number): SwarmPackage[] => [
  { cpv: `dev-libs/first-${version}`, held: true },
  { cpv: `app-misc/second-${version}`, needs: ["dev-libs/first"], held: true },
  { cpv: `app-misc/third-${version}`, needs: ["app-misc/second"] },
  { cpv: `app-misc/apart-${version}` },
];

let swarm: Swarm;

beforeAll(async () => {
  swarm = await startSwarm({
    drones: { izar: { cores: 8, slots: 2 }, tarn: { cores: 4, slots: 1 } },
    packages: packages(1),
    world: ["app-misc/third", "app-misc/apart"],
  });
});
afterAll(() => swarm?.stop());

/** Each package of a run was compiled once, by one attempt, whatever was killed meanwhile. */
async function expectEachOnce(run: string, version: number): Promise<void> {
  const compiled = (await swarm.compiled()).filter((cpv) => cpv.endsWith(`-${version}`));
  expect(compiled.sort()).toEqual(
    packages(version)
      .map(({ cpv }) => cpv)
      .sort(),
  );
  for (const { cpv } of packages(version)) {
    expect((await swarm.package(cpv)).attempts, cpv).toHaveLength(1);
    expect(await swarm.attemptsInEngine(run, cpv), cpv).toBe(1);
  }
}

test("two orchestrators are killed one after the other: the run goes on, nothing is built twice", async () => {
  const run = await swarm.startRun();
  await swarm.compiling("dev-libs/first-1");
  await swarm.kill("orchestrator-1");
  await swarm.release("dev-libs/first-1");
  await swarm.compiling("app-misc/second-1");
  await swarm.up();
  await swarm.kill("orchestrator-2");
  await swarm.release("app-misc/second-1");
  await swarm.reaches("gate");
  await expectEachOnce(run, 1);
  await swarm.do("finalize");
  await swarm.up();
});

test("a drone is killed while it compiles and comes back: the build is taken over", async () => {
  await swarm.putTree(packages(2));
  const run = await swarm.startRun();
  const drone = await swarm.compiling("dev-libs/first-2");
  await swarm.kill(`drone-${drone}`);
  await swarm.up();
  expect(swarm.builds(drone)).not.toEqual([]);
  await swarm.release("dev-libs/first-2", "app-misc/second-2");
  await swarm.reaches("gate");
  await expectEachOnce(run, 2);
  await swarm.do("finalize");
});

test("every process but the builds is killed at once: after up the run goes on, nothing is built twice", async () => {
  await swarm.putTree(packages(4));
  const run = await swarm.startRun();
  await swarm.compiling("dev-libs/first-4");
  for (const role of ["dev-server", "orchestrator-1", "orchestrator-2", "binhost", "drone-izar", "drone-tarn"]) {
    await swarm.kill(role);
  }
  await swarm.release("dev-libs/first-4", "app-misc/second-4");
  await swarm.up();
  await swarm.reaches("gate");
  await expectEachOnce(run, 4);
  await swarm.do("finalize");
});

test("down in the middle of a run, then up: it goes on, and what was received is not built again", async () => {
  await swarm.putTree(packages(3));
  await swarm.startRun();
  await swarm.compiling("dev-libs/first-3");
  expect([...swarm.builds("izar"), ...swarm.builds("tarn")]).not.toEqual([]);
  await swarm.until("apart is received", async () => (await swarm.package("app-misc/apart-3")).state === "received");
  await swarm.do("down");
  expect([...swarm.builds("izar"), ...swarm.builds("tarn")]).toEqual([]);
  await swarm.release("dev-libs/first-3", "app-misc/second-3");
  await swarm.up();
  const { counts } = await swarm.reaches("gate");
  expect(counts).toMatchObject({ received: 4, failed: 0, skipped: 0 });
  expect(await swarm.compilations("app-misc/apart-3")).toBe(1);
  expect(await swarm.compilations("app-misc/third-3")).toBe(1);
  await swarm.do("finalize");
});
