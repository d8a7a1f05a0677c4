import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { finalizeUpdate } from "../../workflows/messages.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

test("a run goes to the gate, waits, and publishes on finalize", async () => {
  const swarm = await noopSwarm({ plan: chain(4), drones: [{ name: "izar" }, { name: "tarn" }] });
  const run = await swarm.run();
  await until("the gate", async () => (await swarm.view()).step === "gate");
  expect(swarm.binhost.published).toEqual([]);
  const answer = await run.executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
  expect(answer).toMatchObject({ packages: 4, added: 4 });
  const result = await run.result();
  expect(result).toMatchObject({ outcome: "published", snapshot: answer.snapshot });
  expect(swarm.binhost.accepted).toEqual(["chain/link0-1", "chain/link1-1", "chain/link2-1", "chain/link3-1"]);
  expect(swarm.binhost.published).toEqual([result.run]);
});
