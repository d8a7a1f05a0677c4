import { expect, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { RunEvent } from "../../model/events.ts";
import { readEvents } from "../../watch/eventLog.ts";
import type { Change } from "../../watch/live.ts";
import { Watcher } from "../../watch/watcher.ts";
import { cancelUpdate, finalizeUpdate, pauseUpdate, resumeUpdate, worldUpdateId } from "../../workflows/messages.ts";
import { accessTo } from "../support/access.ts";
import { Builds, continuesAsNew, held } from "../support/builds.ts";
import { lowLimitSwarm } from "../support/lowLimitServer.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const by = { by: "ann" };
const told = (events: readonly RunEvent[]): string[] => events.map(({ kind, text }) => `${kind}: ${text}`);

/** A watcher that has somebody who watches, and what it told. */
function watched(access: ConstructorParameters<typeof Watcher>[0]) {
  const changes: Change[] = [];
  const lines: string[] = [];
  const watcher = new Watcher(access, { log: (line) => lines.push(line) });
  watcher.subscribe((change) => changes.push(change));
  watcher.start();
  return { watcher, changes, lines };
}

test("what happens in a run is told: its state, its packages and its events, from the history", async () => {
  const builds = new Builds();
  const { build, release } = held();
  builds.become(async (order, drone, signal) => {
    if (order.cpv === "a/broken-1") throw failed("package", "compile phase: thing undeclared");
    await build(order, drone, signal);
  });
  await using swarm = await noopSwarm({
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0]), pkg("a/broken-1")] },
    drones: [
      { name: "izar", build: builds.build },
      { name: "tarn", build: builds.build },
    ],
  });
  await using access = await accessTo(swarm);
  const { watcher, changes, lines } = watched(access);
  await until("the first look", async () => watcher.current());
  expect(watcher.current()).toMatchObject({ stale: null, packages: [], events: [] });

  await swarm.run({ run: "watched-1", startedBy: "bert" });
  const state = (cpv: string) => watcher.current()?.packages.find((p) => p.cpv === cpv)?.state;
  await until("the failure is shown", async () => state("a/broken-1") === "failed" && state("a/lib-1") === "delegated");
  await swarm.current().executeUpdate(pauseUpdate, { args: [{ ...by, reason: "lunch" }] });
  await until("the pause is shown", async () => watcher.current()?.reading.run?.paused);
  await swarm.current().executeUpdate(resumeUpdate, { args: [by] });
  release();
  await until("the gate is shown", async () => watcher.current()?.reading.run?.step === "gate");
  await until("all states are shown", async () => state("a/app-1") === "received");
  await swarm.current().executeUpdate(finalizeUpdate, { args: [{ ...by, acceptFailed: true }] });
  await until("the end is told", async () => watcher.current()?.events.at(-1)?.kind === "run");
  const events = watcher.current()?.events ?? [];
  const lines2 = told(events);
  expect(lines2[0]).toBe("run: watched-1 of desktop was started by bert");
  expect(lines2).toContain("operator: ann paused the run: lunch");
  expect(lines2).toContain("operator: ann resumed the run");
  expect(lines2).toContain("operator: ann gave finalize, also without what failed");
  // Whether its drone has taken it the run's history does not tell.
  expect(lines2.find((line) => line.startsWith("started: a/lib-1"))).toMatch(/: (izar|tarn) is asked to build it$/);
  expect(lines2.filter((line) => line.startsWith("failed: a/broken-1 failed on"))).toHaveLength(2);
  expect(lines2.filter((line) => line.startsWith("reassigned: a/broken-1 is given to"))).toHaveLength(1);
  expect(events.filter((e) => e.kind === "received").map((e) => e.cpv)).toEqual(["a/lib-1", "a/app-1"]);
  expect(events.filter((e) => e.kind === "claimed").map((e) => e.cpv)).toHaveLength(3);
  expect(lines2.filter((line) => line.startsWith("step:"))).toEqual(
    ["sync", "verify", "resolve", "build", "gate", "publish", "done"].map((step) => `step: step: ${step}`),
  );
  expect(lines2.at(-1)).toMatch(/^run: published as /);
  expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).sort());
  expect(await readEvents(swarm.client, worldUpdateId("desktop"), null)).toEqual(events);

  // The changes alone make up the same.
  const packages = new Map<string, string>();
  for (const change of changes) {
    if (change.type !== "packages") continue;
    if (change.full) packages.clear();
    for (const each of change.packages) packages.set(each.cpv, each.state);
  }
  expect(Object.fromEntries(packages)).toEqual({
    "a/lib-1": "received",
    "a/app-1": "received",
    "a/broken-1": "failed",
  });
  expect(lines).toEqual([]);
  await watcher.stop();
});

test("the events go on where a run continues as new, and a new run begins with none", async () => {
  const builds = new Builds();
  const { build, release } = held();
  builds.become(build);
  const swarm = await lowLimitSwarm(200, {
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0])] },
    drones: [{ name: "izar", build: builds.build }],
  });
  await using access = await accessTo(swarm);
  const { watcher } = watched(access);
  const run = await swarm.run({ run: "long-1" });
  await continuesAsNew(swarm, run, async () => (await swarm.view()).counts.delegated === 1);
  release();
  await until("the gate is shown", async () => watcher.current()?.reading.run?.step === "gate");
  // It comes by a question of its own.
  await until("the gate is told", async () => watcher.current()?.events.some(({ text }) => text === "step: gate"));
  const events = watcher.current()?.events ?? [];
  expect(events.filter((e) => e.kind === "received").map((e) => e.cpv)).toEqual(["a/lib-1", "a/app-1"]);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  await swarm.current().executeUpdate(cancelUpdate, { args: [by] });
  // Its last step is shown before it has ended.
  await swarm.current().result();
  await swarm.run({ run: "long-2" });
  await until("the new run is shown", async () => watcher.current()?.reading.run?.run === "long-2");
  await until("its events are shown", async () => watcher.current()?.events[0]?.text.startsWith("long-2 of desktop"));
  await watcher.stop();
});
