import { expect, test, vi } from "vitest";
import { LONG, startSwarm } from "../support/swarm.ts";

vi.setConfig(LONG);

test("a drone is lost with its builds: they are elsewhere within 45 s, and it is used again when it is back", async () => {
  await using swarm = await startSwarm({
    drones: { izar: { cores: 16, slots: 3 }, tarn: { cores: 4, slots: 3 } },
    packages: [
      { cpv: "app-misc/one-1", held: true },
      { cpv: "app-misc/two-1", held: true },
      { cpv: "app-misc/three-1", held: true },
      { cpv: "app-misc/four-1", held: true },
      ...["five", "six", "seven"].map((name) => ({
        cpv: `app-misc/${name}-1`,
        needs: ["app-misc/one", "app-misc/two"],
        held: true,
      })),
    ],
    world: ["three", "four", "five", "six", "seven"].map((name) => `app-misc/${name}`),
  });
  await swarm.startRun();
  const early = ["one", "two", "three", "four"].map((name) => `app-misc/${name}-1`);
  for (const cpv of early) await swarm.compiling(cpv);
  const lost = (await swarm.packages()).filter((each) => each.attempts.at(-1)?.drone === "izar").map(({ cpv }) => cpv);
  expect(lost.length).toBeGreaterThan(0);
  await swarm.release(...early.filter((cpv) => !lost.includes(cpv)));

  expect(swarm.builds("izar")).not.toEqual([]);
  const killed = Date.now();
  await swarm.killMachine("izar");
  for (const cpv of lost) expect(await swarm.compiling(cpv, 2)).toBe("tarn");
  const compiling = (Date.now() - killed) / 1000;
  for (const cpv of lost) {
    const [first, second] = (await swarm.package(cpv)).attempts;
    expect(first?.failure).toMatchObject({ class: "lost" });
    const given = ((second?.startedAt ?? Infinity) - killed) / 1000;
    console.log(`${cpv} of a lost drone: given to another after ${given.toFixed(1)} s`);
    expect(given).toBeLessThan(45);
  }
  console.log(`all ${lost.length} compile there after ${compiling.toFixed(1)} s`);

  await swarm.up();
  await swarm.release(...early);
  for (const name of ["five", "six", "seven"]) await swarm.compiling(`app-misc/${name}-1`);
  const later = (await swarm.packages()).filter(({ cpv }) => !early.includes(cpv));
  expect(later.map(({ attempts }) => attempts.at(-1)?.drone)).toContain("izar");
  const { drones } = JSON.parse(await swarm.do("drones", "--json"));
  for (const drone of drones) expect(drone).toMatchObject({ state: "online", strikes: 0, grounded: null });

  await swarm.release(...later.map(({ cpv }) => cpv));
  const { counts } = await swarm.reaches("gate");
  expect(counts).toMatchObject({ received: 7, failed: 0, skipped: 0 });
  for (const { cpv } of await swarm.packages()) {
    expect(await swarm.compilations(cpv), cpv).toBe(lost.includes(cpv) ? 2 : 1);
  }
});

test("a drone that hangs is lost; when it goes on, its build of what is built elsewhere is ended", async () => {
  await using swarm = await startSwarm({
    drones: { izar: { cores: 16, slots: 1 }, tarn: { cores: 4, slots: 1 } },
    packages: [
      { cpv: "app-misc/one-1", held: true },
      { cpv: "app-misc/two-1", needs: ["app-misc/one"] },
    ],
    world: ["app-misc/two"],
  });
  await swarm.startRun();
  const first = await swarm.compiling("app-misc/one-1");
  const other = first === "izar" ? "tarn" : "izar";
  await swarm.kill(`drone-${first}`, "SIGSTOP");
  expect(await swarm.compiling("app-misc/one-1", 2)).toBe(other);
  expect(swarm.builds(first)).not.toEqual([]);
  await swarm.kill(`drone-${first}`, "SIGCONT");
  await swarm.until(`${first} builds nothing`, async () => swarm.builds(first).length === 0);
  expect(swarm.builds(other)).not.toEqual([]);
  await swarm.release("app-misc/one-1");
  const { counts } = await swarm.reaches("gate");
  expect(counts).toMatchObject({ received: 2, failed: 0 });
  expect(await swarm.compiled()).toEqual(["app-misc/one-1", "app-misc/one-1", "app-misc/two-1"]);
  // Which enrols when nobody has attended it for a while: the run may be sooner.
  const drones = await swarm.until(`${first} is back`, async () => {
    const { drones: all } = JSON.parse(await swarm.do("drones", "--json"));
    return all.every(({ state }: { state: string }) => state === "online") && all;
  });
  expect(drones).toHaveLength(2);
  for (const drone of drones) expect(drone).toMatchObject({ strikes: 0, grounded: null });
});
