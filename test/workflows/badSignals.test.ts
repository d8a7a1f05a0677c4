import { expect, test } from "vitest";
import { wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { FLEET_ID, finalizeUpdate } from "../../workflows/messages.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

/** What somebody may send at the Web UI, where nothing is checked. */
const BAD = [[], [null], [5], ["x"], [{}], [[]], [[null]], [[{}]], [{ facts: null }]];

test("signals between workflows that are not what they should be stop neither the fleet nor a run", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({ plan: wide(2), drones: [{ name: "izar", build }] });
  const run = await swarm.run();
  await until("a build", async () => (await swarm.view()).counts.delegated > 0);
  const fleet = swarm.client.workflow.getHandle(FLEET_ID);
  const toFleet = [
    ["subscribe", [{ workflowId: "" }]],
    ["subscribe", [{ workflowId: "w".repeat(5_000) }]],
    ["subscribe", [{ workflowId: "nobody", builds: "many" }]],
    ["subscribe", [{ workflowId: FLEET_ID }]],
    ["appetite", [{ workflowId: "world-update/desktop", builds: {} }]],
    ["strike", [{ drone: {}, reason: 5 }]],
  ] as const;
  const report = { cpv: "wide/part0-1", attempt: 1, drone: "izar" };
  const toRun = [
    ["fleetChanged", [[{ facts: { name: "izar", cores: 1, slots: 1, exclude: 5 }, state: "online" }]]],
    ["fleetChanged", [[{ facts: { name: "izar", cores: 1, slots: 1 }, state: "online", share: 7 }]]],
    ["packageReport", [{ ...report, artifact: 5 }]],
    ["packageReport", [{ ...report, failure: { class: "package", message: {}, around: 5 } }]],
  ] as const;
  for (const args of BAD) {
    for (const name of ["subscribe", "unsubscribe", "appetite", "strike"]) await fleet.signal(name, ...args);
    for (const name of ["fleetChanged", "packageReport"]) await run.signal(name, ...args);
  }
  for (const [name, args] of toFleet) await fleet.signal(name, ...args);
  for (const [name, args] of toRun) await run.signal(name, ...args);
  await fleet.executeUpdate("pauseDrone", { args: [{ by: "ann", drone: "izar" }] });
  // An empty list of drones is a right one: the fleet's own word follows, and it counts.
  await until("the run hears the fleet", async () => (await swarm.view()).drones[0]?.paused);
  await fleet.executeUpdate("resumeDrone", { args: [{ by: "ann", drone: "izar" }] });
  release();
  expect((await reaches(swarm, "gate")).counts).toMatchObject({ received: 2, failed: 0 });
  await run.executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
  expect((await swarm.fleet()).drones).toMatchObject([{ facts: { name: "izar" }, state: "online", strikes: 0 }]);
});
