import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { pkg } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { statusOf } from "../../gateway/state.ts";
import { gatewayMetrics } from "../../telemetry/readModelMetrics.ts";
import { Watcher } from "../../watch/watcher.ts";
import { cancelUpdate, pauseUpdate } from "../../workflows/messages.ts";
import { accessTo } from "../support/access.ts";
import { Builds, held } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { valuesOf } from "./metricText.ts";

const ann = { by: "ann", reason: "lunch" };
/** What an alert rule begins by, of a run that goes on. */
const TROUBLES = ["run_paused", "queue_ready_packages", "queue_oldest_wait_seconds", "queue_stuck_packages"];

/** A run with a build that is held, one that waits for its slot and one that no drone has the disk for, as a gateway tells it. */
async function troubledRun() {
  const { build, release } = held();
  const builds = new Builds(build);
  const swarm = await noopSwarm({
    plan: { packages: [pkg("dev-libs/a-1"), pkg("dev-libs/b-1"), { ...pkg("dev-lang/huge-1"), disk: 512 }] },
    drones: [{ name: "izar", slots: 1, build: builds.build }],
  });
  const access = await accessTo(swarm);
  const registry = new Registry();
  const { observe } = gatewayMetrics(registry);
  const watcher = new Watcher(access, { log: () => {} });
  watcher.subscribe(() => observe(watcher.current()));
  onTestFinished(async () => {
    release();
    await watcher.stop();
    await access[Symbol.asyncDispose]();
    await swarm[Symbol.asyncDispose]();
  });
  await swarm.run();
  await until("a build", async () => builds.started.length === 1);
  const value = async (name: string): Promise<number | undefined> =>
    valuesOf(await registry.metrics()).get(`swarm_${name}{target="desktop"}`);
  await until("the run is shown", async () => (await value("queue_stuck_packages")) === 1);
  expect(await value("queue_ready_packages")).toBeGreaterThan(0);
  const values = async () => Promise.all(TROUBLES.map(value));
  return { swarm, watcher, value, values };
}

async function isShownAsOver(watcher: Watcher): Promise<void> {
  await until("the end is shown", async () => watcher.current()?.reading.run?.step === "cancelled");
}

const paused = async (swarm: NoopSwarm) => swarm.current().executeUpdate(pauseUpdate, { args: [ann] });

test("a paused run that is cancelled has no trouble left: every alert of it is over", async () => {
  const { swarm, watcher, value, values } = await troubledRun();
  await paused(swarm);
  await until("the pause is shown", async () => (await value("run_paused")) === 1);
  await swarm.current().executeUpdate(cancelUpdate, { args: [ann] });
  await isShownAsOver(watcher);
  expect(await values()).toEqual([0, 0, 0, 0]);
  expect(await value("run_paused_timestamp_seconds")).toBeUndefined();
  const live = watcher.current();
  if (!live) throw new Error("nothing is known");
  expect(statusOf(live)).toMatchObject({ status: "cancelled", run: { paused: null } });
});

test("nor has a paused run that the engine ended, which could not say so itself", async () => {
  const { swarm, watcher, value, values } = await troubledRun();
  await paused(swarm);
  await until("the pause is shown", async () => (await value("run_paused")) === 1);
  await swarm.current().terminate("by hand");
  await isShownAsOver(watcher);
  expect(await values()).toEqual([0, 0, 0, 0]);
  expect(await value("run_paused_timestamp_seconds")).toBeUndefined();
});
