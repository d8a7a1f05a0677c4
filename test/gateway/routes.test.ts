import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { PackageView, RunView } from "../../model/run.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { stageAll } from "../web/support.ts";
import { gatewayOf, putTarget } from "./support.ts";

test("a run is started, watched, paused, resumed and finalized over HTTP, in the name of the token", async () => {
  const plan = chain(3);
  await using swarm = await noopSwarm({ plan, drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const started = await gateway.ask<{ run: string }>("/api/v1/runs", { body: { target: "desktop" } });
  expect(started.status).toBe(201);
  const { run } = started.body;
  const view = await until("it is at the gate", async () => {
    const { body } = await gateway.ask<RunView>("/api/v1/runs/desktop", { as: "viewer" });
    return body.step === "gate" && body;
  });
  expect(view.run).toBe(run);
  const packages = await gateway.ask<{ total: number; packages: PackageView[] }>("/api/v1/runs/desktop/packages");
  expect([packages.body.total, packages.body.packages[0]?.state]).toEqual([3, "received"]);
  const one = await gateway.ask<PackageView>("/api/v1/runs/desktop/packages/chain/link1-1");
  expect(one.body).toMatchObject({ cpv: "chain/link1-1", state: "received", needs: [], estimateSeconds: null });
  const paused = await gateway.ask("/api/v1/runs/desktop/pause", { body: { reason: "a storm" } });
  expect(paused.status).toBe(200);
  expect((await gateway.ask("/api/v1/runs/desktop/resume", { body: {} })).status).toBe(200);
  const late = await gateway.ask("/api/v1/runs/desktop/finalize", { body: { run: "desktop-20200101-0000" } });
  expect(late).toMatchObject({ status: 409, body: { hint: "Nothing was done." } });
  await stageAll(gateway.access, run, plan);
  const finalized = await gateway.ask("/api/v1/runs/desktop/finalize", { body: { run } });
  expect([finalized.status, finalized.body.packages]).toEqual([200, 3]);
  const runs = await gateway.ask<{ run: string; startedBy: string }[]>("/api/v1/runs");
  expect(runs.body[0]).toMatchObject({ run, startedBy: "a-operator" });
});
