import { expect, test } from "vitest";
import { pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { RunView } from "../../model/run.ts";
import { Builds, held } from "../support/builds.ts";
import { nextAsked, ordering, quietSwarm } from "../support/orderedSwarm.ts";
import { gatewayOf } from "./support.ts";

interface Built {
  run: string;
  target: string;
  queued: string[];
  after: string[];
  error?: string;
  hint?: string;
}

const plan = { packages: [pkg("dev-libs/lib-1"), pkg("app-misc/app-1", [0]), pkg("app-misc/other-2")] };

test("POST /build: what the run is yet to build goes first, everything else begins after it", async () => {
  const { build, release } = held();
  const builds = new Builds(async (order, ...rest) => {
    if (order.cpv !== "dev-libs/lib-1") await build(order, ...rest);
  });
  await using swarm = await quietSwarm();
  await using gateway = await gatewayOf(swarm);
  const asked = await ordering(swarm, gateway.access, {
    ...{ config: await gateway.access.config(), plan, build: builds.build },
  });
  await until("the gateway has seen the orchestrator", async () => {
    const { body } = await gateway.ask<{ reading: { orchestrators: number } }>("/api/v1/state");
    return body.reading.orchestrators === 1;
  });
  const order = (body: object) => gateway.ask<Built>("/build", { body });
  const wrong = await order({ packages: ["dev-libs//lib"] });
  expect(wrong).toMatchObject({ status: 400, body: { error: expect.stringContaining("dev-libs//lib") } });

  const started = await order({ packages: ["@world", "app-misc/app"] });
  expect(started).toMatchObject({ status: 201, body: { queued: ["@world", "app-misc/app"], after: [] } });
  const { run } = started.body;
  const view = (): Promise<RunView> => swarm.view();
  await until("lib is built", async () => (await view()).counts.received === 1);
  const mixed = await order({ packages: ["app", "app-misc/other", "lib", "net-misc/new:0[flag]", "dev-libs/lib-1"] });
  expect(mixed).toMatchObject({
    status: 200,
    body: {
      ...{ run, target: "desktop", queued: ["app-misc/app-1", "app-misc/other-2"] },
      after: ["dev-libs/lib", "net-misc/new:0[flag]", "=dev-libs/lib-1"],
    },
  });
  expect((await view()).prioritized).toEqual(["app-misc/app-1", "app-misc/other-2"]);
  const first = await order({ packages: ["app"] });
  expect(first).toMatchObject({ status: 200, body: { queued: ["app-misc/app-1"], after: [] } });
  const everything = await order({});
  expect(everything).toMatchObject({ status: 202, body: { run, queued: [], after: ["@world"] } });
  for (const packages of [["app"], ["net-misc/new"]]) {
    const special = await order({ packages, options: { autoFinalize: true } });
    expect(special).toMatchObject({ status: 409, body: { error: expect.stringContaining("leave out auto finalize") } });
  }
  expect(await order({ packages: ["unheard-of"] })).toMatchObject({ status: 400 });
  const queued = ["dev-libs/lib", "net-misc/new:0[flag]", "=dev-libs/lib-1", "@world"];
  await until("it is in the status", async () => {
    // The engine's list of runs comes a moment after them: the look of all knows of none at first.
    const { body } = await gateway.ask<{ run: { queued: string[] } | null }>("/status");
    return body.run?.queued.join() === queued.join();
  });

  release();
  await until("the gate", async () => (await view()).step === "gate");
  await swarm.current().executeUpdate("finalize", { args: [{ by: "a test" }] });
  expect((await nextAsked(asked, [run])).atoms).toEqual(queued);
});

test("POST /build: of two who put packages first at once neither is lost; a run that takes no such order keeps it for the next", async () => {
  const end = Promise.withResolvers<void>();
  const build = (): Promise<void> => end.promise;
  await using swarm = await quietSwarm();
  await using gateway = await gatewayOf(swarm);
  await ordering(swarm, gateway.access, { config: await gateway.access.config(), plan, build });
  const order = (packages: string[]) => gateway.ask<Built>("/build", { body: { packages } });
  await order(["@world"]);
  await until("it builds", async () => (await swarm.view()).step === "build");
  const both = await Promise.all([order(["app-misc/app"]), order(["app-misc/other"])]);
  expect(both.map(({ status }) => status)).toEqual([200, 200]);
  expect((await swarm.view()).prioritized?.toSorted()).toEqual(["app-misc/app-1", "app-misc/other-2"]);

  // What it builds does not hear that it is cancelled: the run takes no such orders any more, and is in progress still.
  const cancelled = swarm.current().executeUpdate("cancel", { args: [{ by: "ann" }] });
  await cancelled;
  const late = await order(["app-misc/app"]);
  expect(late).toMatchObject({ status: 202, body: { queued: [], after: ["app-misc/app"] } });
  end.resolve();
});

test("POST /api/v1/runs: a run in progress is refused with the way on, with `queue` it begins after it, and can be taken back", async () => {
  await using swarm = await quietSwarm();
  await using gateway = await gatewayOf(swarm);
  const { build, release } = held();
  const asked = await ordering(swarm, gateway.access, { config: await gateway.access.config(), plan, build });
  const order = (body: object) => gateway.ask<Built>("/api/v1/runs", { body });
  const started = await order({ queue: true });
  expect(started).toMatchObject({ status: 201, body: { target: "desktop" } });
  const { run } = started.body;
  expect(await order({})).toMatchObject({ status: 409, body: { hint: expect.stringContaining('"queue": true') } });
  const queued = [{ atoms: ["dev-vcs/git"], by: "a-operator", at: expect.any(Number) }];
  const later = await order({ queue: true, atoms: ["dev-vcs/git"] });
  expect(later).toMatchObject({ status: 202, body: { run, target: "desktop", queued } });
  expect(await order({ queue: true, options: { sync: false } })).toMatchObject({ status: 409 });
  await until("it is seen", async () => {
    const { body } = await gateway.ask<RunView>("/api/v1/runs/desktop", { as: "viewer" });
    return body.queued?.length === 1;
  });
  const drop = (as: "viewer" | "operator") => gateway.ask("/api/v1/runs/desktop/queue", { method: "DELETE", as });
  expect(await drop("viewer")).toMatchObject({ status: 403 });
  expect(await drop("operator")).toMatchObject({ status: 200, body: { dropped: queued } });
  expect(await drop("operator")).toMatchObject({ status: 200, body: { dropped: [] } });
  await order({ queue: true, atoms: ["dev-vcs/jj"] });
  release();
  await until("the gate", async () => (await swarm.view()).step === "gate");
  await gateway.ask("/api/v1/runs/desktop/cancel", { body: {} });
  expect((await nextAsked(asked, [run])).atoms).toEqual(["dev-vcs/jj"]);
});
