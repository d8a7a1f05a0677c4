import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { LONG, startSwarm } from "../support/swarm.ts";

vi.setConfig(LONG);

test("the engine is killed and away for 60 s while packages compile: nothing is built twice, the run ends", async () => {
  await using swarm = await startSwarm({
    drones: { izar: { cores: 8, slots: 2 }, tarn: { cores: 8, slots: 2 } },
    packages: [
      { cpv: "app-misc/during-1", held: true },
      { cpv: "app-misc/through-1", held: true },
      { cpv: "app-misc/after-1", needs: ["app-misc/during", "app-misc/through"] },
    ],
    world: ["app-misc/after"],
  });
  const run = await swarm.startRun();
  await swarm.compiling("app-misc/during-1");
  await swarm.compiling("app-misc/through-1");
  await swarm.kill("dev-server");
  const before = await swarm.cli("status");
  expect(before.code).toBe(1);
  expect(before.stdout).toContain("The engine does not answer");
  // One build ends while nobody can be told, the other one goes on until after.
  await swarm.release("app-misc/during-1");
  await sleep(60_000);
  await swarm.up();
  await swarm.release("app-misc/through-1");
  const { counts } = await swarm.reaches("gate");
  expect(counts).toMatchObject({ received: 3, failed: 0, skipped: 0 });
  for (const { cpv, attempts } of await swarm.packages()) {
    expect(attempts, cpv).toHaveLength(1);
    expect(await swarm.compilations(cpv), cpv).toBe(1);
    expect(await swarm.attemptsInEngine(run, cpv), cpv).toBe(1);
  }
  await swarm.do("finalize");
});
