import { expect, test } from "vitest";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { smallGraph } from "../web/support.ts";
import { gatewayOf, putTarget } from "./support.ts";

test("the queue of a run is taken back by an operator who names that run; of another one nothing is", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ plan: smallGraph(), drones: [{ name: "izar", build }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  await swarm.run({ run: "desktop-2" });
  await reaches(swarm, "build");
  const order = { target: "desktop", atoms: ["app-editors/vim"], queue: true };
  expect((await gateway.ask("/api/v1/runs", { body: order, as: "viewer" })).status).toBe(403);
  expect((await gateway.ask("/api/v1/runs", { body: order })).status).toBe(202);
  const clear = (query: string, as = "operator") =>
    gateway.ask<{ dropped?: unknown; error?: string }>(`/api/v1/runs/desktop/queue${query}`, { method: "DELETE", as });
  expect((await clear("", "viewer")).status).toBe(403);
  const other = await clear("?run=desktop-1");
  expect(other).toMatchObject({ status: 409, body: { error: expect.stringContaining("that is desktop-2") } });
  expect((await clear("?run=../x")).status).toBe(400);
  expect((await swarm.view()).queued).toHaveLength(1);
  expect(await clear("?run=desktop-2")).toMatchObject({
    ...{ status: 200, body: { dropped: [{ atoms: ["app-editors/vim"], by: "a-operator" }] } },
  });
  expect((await swarm.view()).queued).toBeUndefined();
  expect((await clear("")).body).toEqual({ dropped: [] });
});
