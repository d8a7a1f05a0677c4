import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { pkg } from "../../bench/noop/plan.ts";
import { readRun } from "../../operations/readModel.ts";
import { RunHistory } from "../../watch/history.ts";
import { cancelUpdate, worldUpdateId } from "../../workflows/messages.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

test("what follows a run keeps nothing of the questions that were answered, and a run that has ended is not asked again", async () => {
  await using swarm = await noopSwarm({ plan: { packages: [pkg("a/lib-1")] }, drones: [{ name: "izar" }] });
  await swarm.run();
  await reaches(swarm, "gate");
  const { signal } = new AbortController();
  for (let asked = 0; asked < 3; asked++) {
    const history = await RunHistory.open(swarm.client, { workflowId: worldUpdateId("desktop"), runId: null });
    expect((await history?.read(swarm.client, false, signal))?.length).toBeGreaterThan(0);
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);

  await swarm.current().executeUpdate(cancelUpdate, { args: [{ by: "ann" }] });
  await swarm.current().result();
  const known = await readRun(swarm.client, "desktop");
  expect(known).toMatchObject({ run: { step: "cancelled" }, runProblem: null });
  for (const orchestrator of swarm.orchestrators) await orchestrator.stop();
  // Nobody is there who could answer.
  expect(await readRun(swarm.client, "desktop")).toEqual(known);
});
