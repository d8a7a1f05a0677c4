import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ApplicationFailure } from "@temporalio/common";
import { expect, test } from "vitest";
import { failed, type NoopBuild } from "../../bench/noop/drone.ts";
import { chain, pkg, wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import {
  FLEET_ID,
  finalizeSignal,
  finalizeUpdate,
  pauseDroneUpdate,
  resumeDroneUpdate,
  unblockSignal,
  unsubscribeSignal,
} from "../../workflows/messages.ts";
import { Builds, continuesAsNew, held, packages, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

test("the orchestrator stops in the middle of a run and another one goes on; no build starts twice", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ plan: chain(3), drones: [{ name: "izar", build: builds.build }] });
  const run = await swarm.run();
  await until("the first build", async () => builds.started.length === 1);
  await swarm.orchestrators[0]?.stop();
  release();
  await swarm.startOrchestrator();
  await reaches(swarm, "gate");
  expect(builds.started.map((b) => b.cpv)).toEqual(["chain/link0-1", "chain/link1-1", "chain/link2-1"]);
  await run.executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
});

test("300 packages: as many children at once as there are slots, every package once", async () => {
  // Layers of ten that need the layer before, with CPVs as long as real ones.
  const plan = {
    packages: Array.from({ length: 300 }, (_, i) => {
      const layer = Math.floor(i / 10);
      const needs = layer === 0 ? [] : [0, 1, 2].map((k) => (layer - 1) * 10 + ((i + k) % 10));
      return pkg(`category-${layer}/some-package-name-${i}-12.34.56_p20261121-r3`, needs);
    }),
  };
  let running = 0;
  let most = 0;
  const script: NoopBuild = async () => {
    most = Math.max(most, ++running);
    await sleep(100);
    running--;
  };
  const builds = new Builds(script);
  const drones = ["izar", "tarn", "unra"].map((name) => ({ name, slots: 4, build: builds.build }));
  await using swarm = await noopSwarm({ plan, drones });
  const run = await swarm.run();
  const view = await reaches(swarm, "gate", 100_000);
  expect(view.counts).toEqual({ needed: 0, delegated: 0, received: 300, failed: 0, skipped: 0 });
  expect(most).toBeGreaterThan(4);
  expect(most).toBeLessThanOrEqual(12);
  expect(new Set(builds.started.map((b) => b.cpv)).size).toBe(300);
  expect(builds.started).toHaveLength(300);
  expect((await packages(swarm)).every((p) => p.attempts.length === 1)).toBe(true);
  await run.executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
});

test("a run that continues as new keeps its state, its children report to its next life", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ plan: chain(3), drones: [{ name: "izar", build: builds.build }] });
  const run = await swarm.run();
  const view = await continuesAsNew(swarm, run, async () => builds.started.length === 1);
  const current = swarm.current();
  expect(view).toMatchObject({ step: "build", counts: { delegated: 1, needed: 2 } });
  const details = await current.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
  expect(details.currentDetails).toContain("chain/link0-1");
  expect((await current.describe()).searchAttributes).toMatchObject({ SwarmState: ["build"] });
  release();
  await reaches(swarm, "gate");
  expect(builds.started.map((b) => b.cpv)).toEqual(["chain/link0-1", "chain/link1-1", "chain/link2-1"]);
  await current.executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
  expect((await run.result()).outcome).toBe("published");
});

test("a run that continues as new while the fleet is gone goes on with the drones that it knows", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar", build: builds.build }] });
  const run = await swarm.run();
  await until("a build", async () => builds.started.length === 1);
  await swarm.client.workflow.getHandle(FLEET_ID).terminate("by mistake");
  await continuesAsNew(swarm, run, async () => true);
  release();
  expect((await reaches(swarm, "gate")).counts).toMatchObject({ received: 2, failed: 0 });
  await swarm.current().executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
  expect((await run.result()).outcome).toBe("published");
});

test("what still builds where a run is published is stopped when that fails for good", async () => {
  const { build } = held();
  const builds = new Builds();
  await using swarm = await noopSwarm({ plan: wide(2), drones: [{ name: "izar", build: builds.build }] });
  builds.become(async ({ cpv }) => {
    if (cpv === "wide/part0-1") throw failed("package", "it is broken");
  });
  swarm.binhost.onPublish = () => Promise.reject(ApplicationFailure.nonRetryable("the target is gone"));
  const run = await swarm.run();
  await reaches(swarm, "gate");
  builds.become(build);
  // Both are there when the run looks again: it starts the build, and takes the finalize that was allowed before.
  await Promise.all(swarm.orchestrators.map(({ stop }) => stop()));
  await run.signal(unblockSignal);
  await run.signal(finalizeSignal, { acceptFailed: true });
  await swarm.startOrchestrator();
  await expect(run.result()).rejects.toMatchObject({
    cause: { message: expect.stringContaining("the target is gone") },
  });
  await until("no build runs on", async () => {
    const query = "WorkflowType = 'buildPackage' AND ExecutionStatus = 'Running'";
    for await (const _ of swarm.client.workflow.list({ query })) return false;
    return true;
  });
});

test("the fleet continues as new: its drones stay online and attended, runs go on", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar", build }] });
  await swarm.run();
  await reaches(swarm, "build");
  const fleet = swarm.client.workflow.getHandle(FLEET_ID);
  const { runId } = await fleet.describe();
  await until("continued as new", async () => {
    const nobody = { workflowId: "nobody" };
    await Promise.all(Array.from({ length: 20 }, () => fleet.signal(unsubscribeSignal, nobody)));
    return (await fleet.describe()).runId !== runId;
  });
  await until("izar is attended again", async () => {
    const pending = (await fleet.describe()).raw.pendingActivities ?? [];
    return pending.some((activity) => activity.activityType?.name === "attend" && activity.lastStartedTime);
  });
  expect((await swarm.fleet()).drones).toMatchObject([{ facts: { name: "izar" }, state: "online" }]);
  // The fleet still knows who wants to hear of changes.
  await fleet.executeUpdate(pauseDroneUpdate, { args: [{ by: "ann", drone: "izar" }] });
  await until("the run knows", async () => (await swarm.view()).drones[0]?.paused);
  await fleet.executeUpdate(resumeDroneUpdate, { args: [{ by: "ann", drone: "izar" }] });
  release();
  await reaches(swarm, "gate");
});

test("a plan whose payload would be too large for the engine passes, compressed", async () => {
  // 2.6 MB of JSON; the engine refuses payloads above 2 MB.
  const reason = randomBytes(8).toString("hex").repeat(80);
  const plan = {
    packages: Array.from({ length: 2_000 }, (_, i) => ({ ...pkg(`a/package${i}-1`), reason, present: i > 0 })),
  };
  expect(JSON.stringify(plan).length).toBeGreaterThan(2 * 1024 * 1024);
  await using swarm = await noopSwarm({ plan, drones: [{ name: "izar" }] });
  await swarm.run();
  await reaches(swarm, "gate");
});
