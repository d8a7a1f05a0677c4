import { expect, test } from "vitest";
import { artifactOf, hang, type NoopDroneOptions } from "../../bench/noop/drone.ts";
import { chain, pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { BuildOrder } from "../../model/build.ts";
import { balanceUpdate, buildPackageId, packageReportSignal } from "../../workflows/messages.ts";
import { Builds, continuesAsNew, packages, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

test("a child that an earlier life of the run has started, and that somebody terminates: it is built again", async () => {
  const builds = new Builds(hang);
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar", build: builds.build }] });
  const { run } = await continuesAsNew(swarm, await swarm.run(), async () => builds.started.length === 1);
  builds.become(async () => {});
  const { cpv, attempt } = builds.started[0] ?? { cpv: "", attempt: 0 };
  await swarm.client.workflow.getHandle(buildPackageId(run, cpv, attempt)).terminate("by hand");
  const failure = await until("the failure", async () => (await packages(swarm))[0]?.attempts[0]?.failure);
  expect(failure).toMatchObject({ class: "infrastructure", message: expect.stringMatching(/^its workflow ended: /) });
  await swarm.current().executeUpdate(balanceUpdate, { args: [{ by: "ann" }] });
  await reaches(swarm, "gate");
  expect(builds.started.map((b) => b.attempt)).toEqual([1, 2]);
});

test("a build whose copy is done while the engine cancels the run is ended as well, and the run comes to its end", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  // Neither hears that it is to stop.
  const builds = new Builds(() => released);
  const drone = (name: string, cores: number): NoopDroneOptions => ({ name, cores, slots: 4, build: builds.build });
  const huge = { ...pkg("a/huge-1"), estimate: 100_000, serial: 10, width: 16, sigma: 0.3 };
  await using swarm = await noopSwarm({ plan: { packages: [huge] }, drones: [drone("slow", 2)] });
  const run = await swarm.run({ limits: { exclusive: [], memory: [], speculate: true } });
  await until("the build", async () => builds.started.length === 1);
  await swarm.addDrone(drone("fast", 16));
  await until("its copy", async () => builds.started.length === 2);

  await run.cancel();
  const cancelled = async (): Promise<boolean> => {
    const { events } = await run.fetchHistory();
    return events?.some((e) => e.requestCancelExternalWorkflowExecutionInitiatedEventAttributes) ?? false;
  };
  await until("the builds are told to stop", cancelled);
  const { cpv, attempt, drone: name } = builds.started[1] ?? { cpv: "", attempt: 0, drone: "" };
  const artifact = artifactOf({ cpv } as BuildOrder);
  await run.signal(packageReportSignal, { cpv, attempt, drone: name, artifact });
  expect(await run.result()).toMatchObject({ outcome: "cancelled", view: { reason: "cancelled by the engine" } });
  release();
});
