import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { chain, pkg, wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { ForecastOrder } from "../../gateway/forecastProcess.ts";
import { Forecasts } from "../../gateway/forecasts.ts";
import { Forecast } from "../../gateway/schemas/answers.ts";
import type { ForecastAnswer, StateAnswer } from "../../model/answers.ts";
import type { PlanGraph } from "../../model/plan.ts";
import { runDrone } from "../cli/views.ts";
import type { TestAccess } from "../support/access.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { smallGraph, storedPlan } from "../web/support.ts";
import { gatewayOf, putTarget } from "./support.ts";

const API = "/api/v1";

test("a dry run over HTTP: its plan is forecast on its drones, for viewers too, and the state says that nothing was built", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const look = (query = "", as: string | null = "viewer") =>
    gateway.ask<ForecastAnswer>(`${API}/runs/desktop/forecast${query}`, { as });
  expect((await look()).status).toBe(404);
  const { status, body: started } = await gateway.ask<{ run: string }>(`${API}/runs`, {
    body: { atoms: ["chain/link2"], options: { dryRun: true } },
  });
  expect(status).toBe(201);
  // It waits for a drone.
  await reaches(swarm, "sync");
  await until("the run is known", async () => (await look()).status !== 404);
  expect(await look()).toMatchObject({ status: 409, body: { error: `${started.run} has no plan yet` } });
  const resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({ name: "izar", cores: 4, slots: 4, resolve: () => resolve });
  await reaches(swarm, "done");
  await until("its end is known", async () => (await look()).status === 200);

  const { body } = await look();
  expect(Forecast.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    ...{ run: started.run, target: "desktop", total: 6, waves: 3, cores: 4, unresolvable: [], notices: [] },
    forecast: { drones: [{ name: "izar", cores: 4, packages: 6 }] },
  });
  const { seconds, bound, asEstimated, criticalPath } = body.forecast ?? {};
  expect(seconds?.low).toBeGreaterThan(0);
  expect(seconds?.high).toBeGreaterThanOrEqual(seconds?.low ?? 0);
  expect(asEstimated).toBeGreaterThanOrEqual(bound?.seconds ?? Number.POSITIVE_INFINITY);
  expect(criticalPath?.at(-1)?.end).toBeCloseTo(asEstimated ?? 0, 3);
  expect((await look(`?run=${started.run}`)).body).toEqual(body);
  expect((await look("?run=desktop-20261121-0101")).status).toBe(404);
  expect((await look("?run=../x")).status).toBe(400);
  expect((await look("", null)).status).toBe(401);

  const { body: state } = await gateway.ask<StateAnswer>(`${API}/state`);
  expect(state.nextAction).toMatchObject({
    situation: ["A dry run: 6 packages would be built. Nothing was built."],
    command: "swarm run-update",
  });
});

test("one forecast is made at a time: who asks for another plan meanwhile is told when to come again", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "", { forecastWaitMs: 1 });
  await putTarget(gateway.access);
  let resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({ name: "izar", resolve: () => resolve });
  for (const run of ["desktop-1", "desktop-2"]) {
    await (await swarm.run({ run, options: { dryRun: true } })).result();
    resolve = await storedPlan(gateway.access, wide(3));
  }
  const look = (run: string) => gateway.ask<ForecastAnswer>(`${API}/runs/desktop/forecast?run=${run}`);
  await until("both are known", async () => {
    const answers = await Promise.all(
      ["desktop-1", "desktop-2"].map((run) => gateway.ask(`${API}/runs/desktop?run=${run}`)),
    );
    return answers.every(({ status }) => status === 200);
  });
  const both = await Promise.all([look("desktop-1"), look("desktop-2")]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 503]);
  const refused = both.find(({ status }) => status === 503);
  expect(refused?.headers.get("retry-after")).toBe("10");
  expect(refused?.body).toMatchObject({ error: "the forecast of another plan takes long" });
  // Each is made when the other one is.
  const totals = await until("both are made", async () => {
    const answers = [await look("desktop-1"), await look("desktop-2")];
    return answers.every(({ status }) => status === 200) && answers.map(({ body }) => body.total);
  });
  expect(totals).toEqual([6, 3]);
});

test("is made once for all who ask for the same plan on the same drones, and kept", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  const forecasts = gateway.gateway.services.forecasts;
  const order = await orderOf(gateway.access, smallGraph());
  const [one, other] = await Promise.all([forecasts.of(order), forecasts.of(structuredClone(order))]);
  expect(other).toBe(one);
  expect(await forecasts.of(order)).toBe(one);
  const faster = await forecasts.of({ ...order, drones: [runDrone("izar", 64, { slots: 4 })] });
  expect(faster.forecast?.drones).toMatchObject([{ name: "izar", cores: 64 }]);
  expect(await children()).toEqual([]);
  // Without a plan to be had the binhost says why, and it is asked again the next time.
  const lost = { ...order, plan: "0".repeat(64) };
  await expect(forecasts.of(lost)).rejects.toMatchObject({ name: "BinhostError", status: 404 });
  await gateway.access.stopBinhost();
  await expect(forecasts.of(lost)).rejects.toMatchObject({ name: "BinhostError", status: 0 });
  await gateway.access.startBinhost();
});

test("a forecast that takes too long is ended, and so is one when the gateway stops", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  // So many that it lasts until it is ended.
  const order = await orderOf(gateway.access, { packages: [...chain(2_000).packages, ...widePackages(6_000)] });
  const impatient = new Forecasts({ forecastWithinMs: 200, forecastWaitMs: 0 });
  const refusal = await impatient.of(order).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ status: 503, retryAfter: 60 });
  // For a while it is not made again.
  await expect(impatient.of(order)).rejects.toBe(refusal);
  expect(await children()).toEqual([]);

  const { forecasts } = gateway.gateway.services;
  const ended = expect(forecasts.of(order)).rejects.toMatchObject({ status: 503, message: /being stopped/ });
  expect(await children()).toHaveLength(1);
  await gateway.gateway.close();
  await ended;
  expect(await children()).toEqual([]);
  await expect(forecasts.of(order)).rejects.toMatchObject({ status: 503 });
});

const widePackages = (size: number) => Array.from({ length: size }, (_, i) => pkg(`wide/part${i}-1`));

async function orderOf(access: TestAccess, graph: PlanGraph): Promise<ForecastOrder> {
  const { binhost, scheduler, swarm } = await access.config();
  const { plan } = await storedPlan(access, graph);
  return {
    ...{ binhost: binhost.url, tokenFile: swarm.tokenFile, plan: plan ?? "", limits: scheduler },
    drones: [runDrone("izar", 4, { slots: 4 })],
  };
}

/** Processes of forecasts that this one has begun. */
async function children(): Promise<string[]> {
  const tasks = await readdir("/proc/self/task");
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/self/task/${task}/children`, "utf8").catch(() => "")),
  );
  const ids = lists.flatMap((list) => list.split(" ").filter((id) => id !== ""));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes("forecastProcess"));
}
