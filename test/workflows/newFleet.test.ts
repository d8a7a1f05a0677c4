import { Worker } from "@temporalio/worker";
import { describe, expect, inject, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { chain } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { dataConverter } from "../../connection/codec.ts";
import { startFleet } from "../../operations/startRun.ts";
import { FLEET_ID, pauseDroneUpdate, subscribeSignal, unblockUpdate, worldUpdateId } from "../../workflows/messages.ts";
import { Builds, held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const ann = { by: "ann" };

/** Another fleet, that knows neither drones nor runs. */
async function replaceFleet({ client }: NoopSwarm): Promise<void> {
  await client.workflow.getHandle(FLEET_ID).terminate("by hand");
  await startFleet(client);
}

async function isVerified(swarm: NoopSwarm, name: string): Promise<boolean> {
  return (await swarm.view()).drones.some((drone) => drone.name === name && drone.state === "verified");
}

describe.concurrent("a run whose fleet was replaced", () => {
  test("hears of the new fleet's drones when it builds again", async () => {
    const builds = new Builds();
    builds.become(async () => {
      throw failed("package");
    });
    await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar", build: builds.build }] });
    const run = await swarm.run();
    await reaches(swarm, "gate");
    await replaceFleet(swarm);
    const { build, release } = held();
    builds.become(build);
    await swarm.addDrone({ name: "tarn", build: builds.build });
    await run.executeUpdate(unblockUpdate, { args: [ann] });
    await until("tarn is verified", () => isVerified(swarm, "tarn"), { ms: 30_000 });
    release();
    expect((await reaches(swarm, "gate")).counts.received).toBe(1);
    // Another orchestrator would come to the same.
    const options = { workflowBundle: { codePath: inject("workflowBundle") }, dataConverter };
    await Worker.runReplayHistory(options, await swarm.current().fetchHistory());
  });

  test("hears of them while it builds, without anybody's help", async () => {
    const { build, release } = held();
    await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar", build }] });
    await swarm.run();
    await until("it builds", async () => (await swarm.view()).counts.delegated === 1);
    await replaceFleet(swarm);
    await swarm.addDrone({ name: "tarn" });
    // Each run tells the fleet every two minutes that it is there.
    await until("both are verified", async () => (await isVerified(swarm, "tarn")) && isVerified(swarm, "izar"), {
      ms: 150_000,
    });
    release();
    await reaches(swarm, "gate");
  }, 180_000);
});

test("a subscription that is renewed tells nobody anything", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar", build }] });
  await swarm.run();
  await until("it builds", async () => (await swarm.view()).counts.delegated === 1);
  const toldOf = async (): Promise<number> => {
    const { events = [] } = await swarm.current().fetchHistory();
    return (events ?? []).filter((e) => e.workflowExecutionSignaledEventAttributes?.signalName === "fleetChanged")
      .length;
  };
  const before = await toldOf();
  const fleet = swarm.client.workflow.getHandle(FLEET_ID);
  for (let i = 0; i < 5; i++) {
    await fleet.signal(subscribeSignal, { workflowId: worldUpdateId("desktop"), builds: 1, renews: true });
  }
  await fleet.executeUpdate(pauseDroneUpdate, { args: [{ ...ann, drone: "izar" }] });
  await until("it hears the next word", async () => (await swarm.view()).drones[0]?.paused);
  expect(await toldOf()).toBe(before + 1);
  release();
  await reaches(swarm, "gate");
});
