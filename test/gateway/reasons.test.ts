import { expect, test } from "vitest";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf } from "./support.ts";

test("a reason goes to others' screens, mails and phones: none has control characters", async () => {
  await using swarm = await noopSwarm({ drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  await swarm.run();
  const ask = (path: string, body: object) => gateway.ask(`/api/v1/${path}`, { body });
  for (const text of ["a \u001b[2Jstorm", "two\nlines", "\u009b1m"]) {
    for (const [path, body] of [
      ["runs/desktop/pause", { reason: text }],
      ["drones/izar/pause", { reason: text }],
      ["schedules/nightly/pause", { note: text }],
    ] as const) {
      const refused = await ask(path, body);
      expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining("control characters") } });
    }
  }
  const reason = "Sturm über Wien: „bis morgen“";
  expect((await ask("drones/izar/pause", { reason })).status).toBe(200);
});
