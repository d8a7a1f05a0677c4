import { expect, onTestFinished, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { chain, wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { alertsSchema } from "../../config/alerts.ts";
import { resolveConfig, surroundingsOf } from "../../config/defaults.ts";
import type { ObservedRun } from "../../model/alerts.ts";
import { stalled, startOf } from "../../operations/observation.ts";
import { firstFailed, Observer } from "../../operations/observe.ts";
import { finalizeUpdate, worldUpdateId } from "../../workflows/messages.ts";
import { temporaryDirectory } from "../cli/command.ts";
import { NOW, runDrone, runView } from "../cli/views.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const MINUTE = 60_000;
const building = [{ cpv: "a/b-1", attempt: 1, startedAt: NOW - 40 * MINUTE, jobs: 4 }];

test("nothing starts: packages are ready for long, and a drone has nothing to do, or none takes work", () => {
  const queue = { ready: 3, since: NOW - 30 * MINUTE };
  const view = runView({ queue, stepSince: NOW - 60 * MINUTE, drones: [runDrone("izar", 8)] });
  const start = { at: NOW - 25 * MINUTE, ended: 0 };
  const found = { ready: 3, since: start.at };
  expect(stalled(view, start, NOW, 20)).toEqual(found);
  expect(stalled({ ...view, drones: [runDrone("izar", 8, { paused: true, building })] }, start, NOW, 20)).toEqual(
    found,
  );
  for (const well of [
    ...[
      { ...view, drones: [runDrone("izar", 8, { building })] },
      { ...view, step: "gate" as const },
    ],
    ...[
      { ...view, queue: { ready: 1, since: NOW } },
      { ...view, stepSince: NOW - MINUTE },
    ],
    { ...view, paused: { reason: "x", by: "ann", since: 0 } },
    runView({ drones: view.drones }),
  ]) {
    expect(stalled(well, start, NOW, 20)).toBeNull();
  }
  expect(stalled(view, { ...start, at: NOW - MINUTE }, NOW, 20)).toBeNull();
  expect(stalled(view, start, NOW, 0)).toBeNull();
});

test("the last start is that of the youngest build; an end that was not seen before is a sign of life, and so is a pause", () => {
  const view = runView({ drones: [runDrone("izar", 8, { building })] });
  const ended = 36;
  expect(startOf(view, undefined, NOW)).toEqual({ at: NOW, ended });
  expect(startOf(view, { at: 5, ended }, NOW)).toEqual({ at: NOW - 40 * MINUTE, ended });
  expect(startOf(view, { at: 5, ended: 35 }, NOW)).toEqual({ at: NOW, ended });
  const paused = { reason: "x", by: "ann", since: 0 };
  expect(startOf({ ...view, paused }, { at: 5, ended }, NOW)).toEqual({ at: NOW, ended });
});

test("of very many failed packages the first ones are watched: what fails later, wherever in the graph, ends no alert", () => {
  const failure = (i: number) => ({ cpv: `a/p${i}-1`, message: "no", drones: ["izar"], failedAt: NOW + i });
  const hundred = Array.from({ length: 100 }, (_, i) => failure(i));
  const before = firstFailed(hundred);
  expect(firstFailed([failure(100), ...hundred])).toEqual(before);
  expect(before).toHaveLength(100);
});

async function observed(plan: ReturnType<typeof wide>, alerts: Record<string, unknown> = {}) {
  const directory = await temporaryDirectory();
  const file = { alerts: alertsSchema.parse(alerts), binhost: { dir: directory } };
  const config = resolveConfig(file, surroundingsOf({}, directory));
  const swarm = await noopSwarm({ plan });
  onTestFinished(() => swarm.stop());
  const observer = new Observer(swarm.client, config);
  const run = async (): Promise<ObservedRun | undefined> => (await observer.observe({})).runs[0];
  return { swarm, observer, run };
}

test("a run through its steps, as the alerts see it: the digest stays while nothing matters", async () => {
  const { swarm, observer, run } = await observed(chain(2), { low_disk_gib: 1_000_000 });
  const empty = await observer.observe({});
  expect(empty).toMatchObject({
    drones: [],
    runs: [],
    lastRunAt: null,
    disks: [{ name: "binhost main", level: "low" }],
  });
  await swarm.addDrone({ name: "izar" });
  const before = await observer.observe({});
  expect(before.digest).not.toBe(empty.digest);
  expect(before.disks).toMatchObject([{ name: "drone izar", level: "low" }, { name: "binhost main" }]);
  expect((await observer.observe({})).digest).toBe(before.digest);

  swarm.binhost.onPublish = () => Promise.reject(new Error("ENOSPC: no space left"));
  const handle = await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "gate");
  expect(await run()).toMatchObject({ run: "desktop-1", step: "gate", left: 0, received: 2, failed: [] });
  const atGate = await observer.observe({});
  expect(atGate.lastRunAt).toBeGreaterThan(Date.now() - 60_000);
  await handle.startUpdate(finalizeUpdate, { args: [{ by: "ann" }], waitForStage: "ACCEPTED" });
  await until("its trouble", async () => (await run())?.publishProblem === "ENOSPC: no space left");
  expect((await observer.observe({})).digest).not.toBe(atGate.digest);
  swarm.binhost.onPublish = async () => {};
  await handle.result();
  await until("it is done", async () => (await run())?.step === "done");
});

test("a run that never answered is left out; of what does not answer any more, what was seen last counts", async () => {
  const { swarm, observer } = await observed(chain(2));
  await swarm.addDrone({ name: "izar" });
  await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "gate");
  const alone = await observer.observe({});
  expect(observer.problem).toBe("");
  // A run that nobody works for: it cannot answer.
  await swarm.client.workflow.start("worldUpdate", {
    ...{ workflowId: worldUpdateId("laptop"), taskQueue: "nobody", args: [], memo: { run: "laptop-1" } },
  });
  const both = await until("it is listed", async () => {
    const now = await observer.observe(alone.starts);
    return observer.problem !== "" && now;
  });
  expect(observer.problem).toContain("the run of laptop");
  expect(both.runs).toEqual(alone.runs);
  await Promise.all(swarm.orchestrators.map(({ stop }) => stop()));
  const silent = await observer.observe(both.starts);
  expect(silent).toEqual({ ...both, at: silent.at, disks: silent.disks });
  expect(silent.drones).toHaveLength(1);
  expect(observer.problem).toMatch(/the run of desktop.*the run of laptop.*the fleet/);
});

test("what nobody says now is taken over from the process that looked before, also of a run that is not listed", async () => {
  const { swarm, observer } = await observed(chain(2));
  await swarm.addDrone({ name: "izar" });
  await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "gate");
  const seen = await observer.observe({});
  const next = () => new Observer(swarm.client, resolveConfig({}, surroundingsOf({}, "/nonexistent")));
  await Promise.all(swarm.orchestrators.map(({ stop }) => stop()));
  await expect(next().observe({})).rejects.toThrow();
  const successor = next();
  const taken = await successor.observe(seen.starts, seen);
  expect(taken.runs).toEqual(seen.runs);
  expect(taken.drones).toEqual(seen.drones);
  expect(taken.starts).toEqual(seen.starts);
  expect(successor.problem).toMatch(/the run of desktop.*the fleet/);
  // The engine's list comes later than what it tells: a run that is not in it is asked for, and is gone where there is none.
  const [run] = seen.runs;
  if (!run) throw new Error("no run was seen");
  const others = [
    { ...run, run: "laptop-1", target: "laptop" },
    { ...run, run: "phone-1", target: "phone" },
    { ...run, run: "over-1", target: "over", step: "done" as const },
  ];
  await swarm.client.workflow.start("fleet", { workflowId: worldUpdateId("laptop"), taskQueue: "nobody" });
  const listed = await next().observe(seen.starts, { ...seen, runs: [run, ...others] });
  expect(listed.runs.map(({ run: id }) => id)).toEqual(["desktop-1", "laptop-1"]);
  // What it has seen itself since then counts more than what another one had seen before.
  const later = { ...seen, at: Date.now() + 1, runs: [] };
  expect((await successor.observe({}, { ...later, at: 5 })).runs).toEqual(seen.runs);
  expect((await successor.observe({}, later)).runs).toEqual([]);
});

test("a run that fails has its reason", async () => {
  const { swarm, run } = await observed(wide(1));
  await swarm.addDrone({
    ...{ name: "izar", resolve: () => Promise.reject(failed("infrastructure", "unresolvable: a/b")) },
  });
  const handle = await swarm.run({ run: "desktop-1" });
  await expect(handle.result()).rejects.toThrow();
  const seen = await until("it failed", async () => {
    const now = await run();
    return now?.step === "failed" && now;
  });
  expect(seen).toMatchObject({ run: "desktop-1", left: 0, reason: expect.stringContaining("a/b") });
});
