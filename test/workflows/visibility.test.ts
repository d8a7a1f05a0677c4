import { expect, test } from "vitest";
import { hang } from "../../bench/noop/drone.ts";
import { chain, wide } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { FLEET_ID } from "../../workflows/messages.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

/** What the Web UI asks a workflow for to show its current details. */
async function currentDetails(swarm: NoopSwarm, workflowId: string): Promise<string> {
  const metadata = await swarm.client.workflow
    .getHandle(workflowId)
    .query<{ currentDetails?: string }>("__temporal_workflow_metadata");
  return metadata.currentDetails ?? "";
}

test("runs and builds are found by target, run, package, drone and state", async () => {
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar" }] });
  await swarm.run({ run: "desktop-20261121-0101" });
  await reaches(swarm, "gate");
  const found = async (query: string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { workflowId } of swarm.client.workflow.list({ query })) ids.push(workflowId);
    return ids.toSorted();
  };
  const query = "SwarmTarget = 'desktop' AND SwarmState = 'gate'";
  await until("the run is listed", async () => (await found(query)).length === 1);
  expect(await found(query)).toEqual(["world-update/desktop"]);
  await until("the builds are listed", async () => (await found("SwarmRun = 'desktop-20261121-0101'")).length === 3);
  expect(await found("SwarmPackage = 'chain/link1-1' AND SwarmDrone = 'izar'")).toEqual([
    "build/desktop-20261121-0101/chain/link1-1/1",
  ]);
});

test("in the Web UI a run, a build and the fleet explain themselves", async () => {
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build: hang }] });
  const run = await swarm.run({ run: "desktop-20261121-0101" });
  await until("the build", async () => (await swarm.view()).counts.delegated === 1);
  expect(await currentDetails(swarm, run.workflowId)).toContain("| izar | verified | wide/part0-1 |");
  expect(await currentDetails(swarm, FLEET_ID)).toContain("| izar | 8 | online |");
  const build = "build/desktop-20261121-0101/wide/part0-1/1";
  expect(await currentDetails(swarm, build)).toBe("building on izar, -j1");

  const { userMetadata } = (await swarm.client.workflow.getHandle(build).describe()).raw.executionConfig ?? {};
  expect(Buffer.from(userMetadata?.summary?.data ?? []).toString()).toBe('"wide/part0-1 on izar"');
  const { events } = await swarm.client.workflow.getHandle(build).fetchHistory();
  const summaries = (events ?? []).map((e) => Buffer.from(e.userMetadata?.summary?.data ?? []).toString());
  expect(summaries).toContain('"compile wide/part0-1 on izar"');
});
