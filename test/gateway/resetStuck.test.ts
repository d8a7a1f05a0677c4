import { expect, test } from "vitest";
import { readEvents } from "../../watch/eventLog.ts";
import { worldUpdateId } from "../../workflows/messages.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { smallGraph } from "../web/support.ts";
import { gatewayOf, putTarget } from "./support.ts";

// For longer than a connection on which nothing moves is kept otherwise.
test("a run that answers nobody is reset all the same", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ plan: smallGraph(), drones: [{ name: "izar", build }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const run = "desktop-20261121-0102";
  await swarm.run({ run });
  await reaches(swarm, "build");
  for (const { stop } of swarm.orchestrators) await stop();
  const asked = gateway.ask("/api/v1/runs/desktop/reset", { body: { run } });
  await expect(asked).resolves.toMatchObject({ status: 200, body: { cancelled: run, terminated: true } });
  expect((await swarm.current().describe()).status.name).toBe("TERMINATED");
  const last = (await readEvents(swarm.client, worldUpdateId("desktop"), null)).at(-1)?.text;
  expect(last).toMatch(/^terminated in the engine: reset by \S+: it did not end by itself$/);
}, 180_000);
