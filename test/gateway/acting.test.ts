import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import { QUEUES } from "../../model/activities.ts";
import type { ChannelAnswer, ChannelView } from "../../model/alerts.ts";
import type { SyncVerifyView } from "../../model/fleet.ts";
import type { ScheduleAction, ScheduleView } from "../../model/schedules.ts";
import { ALERTS_ID } from "../../workflows/messages.ts";
import { configFile, temporaryDirectory } from "../cli/command.ts";
import { stagePackage } from "../store/support.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { receiver } from "../support/receiver.ts";
import { fillBinhost, smallGraph, stageAll } from "../web/support.ts";
import { gatewayOf, putTarget } from "./support.ts";

const API = "/api/v1";

test("a run that the command would refuse is refused over HTTP, with the same words", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const refused = async (body: object): Promise<unknown> => {
    const answer = await gateway.ask(`${API}/runs`, { body });
    expect(answer.status).toBe(400);
    return answer.body.error;
  };
  expect(await refused({ atoms: ["dev-libs/a", "nonsense"] })).toContain("nonsense");
  expect(await refused({ atoms: ["!dev-libs/a"] })).toContain("is a blocker");
  expect(await refused({ options: { acceptFailed: true } })).toContain("--accept-failed goes with --auto-finalize");
  expect(await refused({ options: { dryRun: true, autoFinalize: true } })).toContain("--dry-run builds nothing");
  expect((await gateway.ask(`${API}/runs`)).body).toEqual([]);
});

test("what takes longer than a silent connection is kept otherwise is answered", async () => {
  const idleMs = 300;
  await using swarm = await noopSwarm({ plan: smallGraph(), drones: [{ name: "izar", slots: 4 }] });
  await using gateway = await gatewayOf(swarm, "", { idleMs });
  swarm.binhost.onPublish = () => sleep(4 * idleMs);
  await putTarget(gateway.access);
  await swarm.run();
  const { run } = await reaches(swarm, "gate");
  await stageAll(gateway.access, run, smallGraph());
  const begun = performance.now();
  const answer = await gateway.ask(`${API}/runs/desktop/finalize`, { body: {} });
  expect(answer).toMatchObject({ status: 200, body: { packages: expect.any(Number) } });
  expect(performance.now() - begun).toBeGreaterThan(4 * idleMs);
});

test("a schedule is added, paused, resumed, triggered and removed over HTTP, and what is none is refused with what is right", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const add = (body: object) => gateway.ask<ScheduleView>(`${API}/schedules`, { body });
  const nightly = { name: "nightly", cron: "30 2 * * *", timezone: "Europe/Vienna", catchUp: 43_200_000 };
  const added = await add(nightly);
  expect(added.status).toBe(201);
  expect(added.body).toMatchObject({ ...nightly, paused: false, order: { target: "desktop", atoms: ["@world"] } });
  expect(added.body.next).toHaveLength(3);
  const refused = async (change: object): Promise<string> => {
    const { status, body } = await add({ ...nightly, name: "other", ...change });
    expect(status).toBe(400);
    return String((body as unknown as { error: string }).error);
  };
  expect(await refused({ cron: "0 25 * * *" })).toContain("is no time that can be scheduled");
  expect(await refused({ cron: "@every 1s" })).toContain("once a minute at most");
  expect(await refused({ cron: "*/5 * * * * * *" })).toContain("once a minute at most");
  expect(await refused({ timezone: "Europe/Viena" })).toContain("Did you mean Europe/Vienna?");
  expect(await refused({ target: "destop" })).toContain("did you mean 'desktop'?");
  expect(await refused({ atoms: ["nonsense"] })).toContain("nonsense");
  expect(await refused({ acceptFailed: true })).toContain("--auto-finalize");
  expect(await refused({ name: "../x" })).toContain("a schedule's name");
  expect(await refused({ when: "soon" })).toMatch(/when/i);
  expect((await add(nightly)).status).toBe(409);

  const of = <T>(verb: string, body: object = {}) => gateway.ask<T>(`${API}/schedules/nightly/${verb}`, { body });
  expect((await of<ScheduleView>("pause", { note: "moving" })).body).toMatchObject({
    ...{ paused: true, note: "a-operator: moving", next: [] },
  });
  expect((await of("pause", { note: "mo\nving" })).status).toBe(400);
  expect((await of<ScheduleView>("resume")).body).toMatchObject({ paused: false });
  // The orchestrators of this swarm have no tree.
  expect((await of<ScheduleAction>("trigger")).body).toMatchObject({ outcome: "failed", run: null });
  const { body: listed } = await gateway.ask<ScheduleView[]>(`${API}/schedules`, { as: "viewer" });
  expect(listed).toMatchObject([{ name: "nightly", last: [{ outcome: "failed" }] }]);
  expect((await gateway.ask(`${API}/schedules/nigthly/pause`, { body: {} })).body.error).toContain("did you mean");
  expect((await of("remove")).body).toEqual({ removed: "nightly" });
  await until("it is gone", async () => (await gateway.ask<ScheduleView[]>(`${API}/schedules`)).body.length === 0);
});

test("the channels of alerts are listed without their secrets, and tried", async () => {
  const hook = await receiver();
  const directory = await temporaryDirectory();
  await writeFile(`${directory}/hook-token`, "tk_very_hidden");
  const channel = (name: string, url: string) =>
    `[[alerts.channel]]\nname = "${name}"\nkind = "webhook"\nurl = "${url}"\ntoken_file = "${directory}/hook-token"\n`;
  const file = await configFile(
    `[swarm]\nstate_dir = "${directory}"\n${channel("hook", hook.url)}${channel("mail", "http://127.0.0.1:1")}`,
  );
  const { config } = await loadConfig({ path: file, env: {}, cwd: directory });
  await using swarm = await noopSwarm({ drones: [], config });
  await using gateway = await gatewayOf(swarm);
  const channels = () => gateway.ask<ChannelView[]>(`${API}/alerts/channels`, { as: "viewer" });
  expect((await channels()).body).toEqual([]);
  const nobody = await gateway.ask(`${API}/alerts/test`, { body: {} });
  expect(nobody).toMatchObject({ status: 409, body: { error: expect.stringContaining("no orchestrator watches") } });

  await swarm.client.workflow.start("alerts", { workflowId: ALERTS_ID, taskQueue: QUEUES.orchestrator });
  await until("the channels are known", async () => (await channels()).body.length === 2);
  const one = await gateway.ask<ChannelAnswer[]>(`${API}/alerts/test`, { body: { channel: "hook" } });
  expect(one.body).toMatchObject([{ channel: "hook", ok: true }]);
  const { body: sent = "{}", headers } = hook.received.at(-1) ?? {};
  expect(JSON.parse(sent)).toMatchObject({ kind: "test" });
  expect(headers?.authorization).toBe("Bearer tk_very_hidden");
  const all = await gateway.ask<ChannelAnswer[]>(`${API}/alerts/test`, { body: {} });
  expect(all.body.map(({ channel: name, ok }) => [name, ok]).sort()).toEqual([
    ["hook", true],
    ["mail", false],
  ]);
  const wrong = await gateway.ask(`${API}/alerts/test`, { body: { channel: "hok" } });
  expect(wrong).toMatchObject({ status: 400, body: { error: expect.stringContaining("did you mean 'hook'?") } });
  const { body } = await channels();
  expect(body.map(({ name }) => name)).toEqual(["hook", "mail"]);
  expect(JSON.stringify(body)).not.toMatch(/hidden|hook-token|127\.0\.0\.1/);
});

test("a reset names the run as a confirmation; it ends the run and throws away what it staged, and may be repeated", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ plan: smallGraph(), drones: [{ name: "izar", build }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const reset = (body: object) => gateway.ask(`${API}/runs/desktop/reset`, { body });
  expect((await reset({ run: "desktop-20261121-0101" })).status).toBe(404);
  const run = "desktop-20261121-0102";
  await swarm.run({ run });
  await reaches(swarm, "build");
  await stagePackage(gateway.access.store, run, { cpv: "chain/link0-1" });
  expect((await reset({})).status).toBe(400);
  expect((await reset({ run, yes: true })).status).toBe(400);
  const other = await reset({ run: "desktop-20261121-0101" });
  expect(other).toMatchObject({ status: 409, body: { error: expect.stringContaining(run) } });
  expect((await swarm.view()).endedAt).toBeNull();
  expect(await gateway.access.store.stagingRuns()).toEqual([run]);

  const done = await reset({ run });
  expect(done).toMatchObject({ status: 200, body: { cancelled: run, terminated: false, staging: [run] } });
  expect((await swarm.view()).step).toBe("cancelled");
  expect(await gateway.access.store.stagingRuns()).toEqual([]);
  expect((await reset({ run })).body).toMatchObject({ cancelled: null, staging: [] });
});

test("old snapshots are removed over HTTP, never the current one; the difference is that of the last publish", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  const { store } = gateway.access;
  await putTarget(gateway.access);
  const nothing = await gateway.ask(`${API}/snapshots/desktop/diff`);
  expect(nothing).toMatchObject({ status: 409, body: { error: expect.stringContaining("no snapshot yet") } });
  await fillBinhost(gateway.access);
  const [newer, older] = await store.snapshots("desktop");
  const diff = await gateway.ask(`${API}/snapshots/desktop/diff`);
  expect(diff.body).toMatchObject({ from: older?.id, to: newer?.id });

  const prune = (body: object) => gateway.ask(`${API}/snapshots/desktop/prune`, { body });
  expect((await prune({ keep: 0 })).status).toBe(400);
  expect((await prune({ keep: "all" })).status).toBe(400);
  expect((await prune({})).body).toEqual({ target: "desktop", keep: 10, removed: [] });
  expect((await prune({ keep: 1 })).body).toEqual({ target: "desktop", keep: 1, removed: [older?.id] });
  expect((await store.snapshots("desktop")).map(({ id }) => id)).toEqual([newer?.id]);
});

test("the drones' trees are compared over HTTP: it is begun, and what was found is there afterwards", async () => {
  await using swarm = await noopSwarm({ drones: [{ name: "izar" }, { name: "tarn" }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const path = `${API}/targets/desktop/sync-verify`;
  const look = async () => (await gateway.ask<SyncVerifyView>(path, { as: "viewer" })).body;
  expect(await look()).toEqual({ state: "never", startedAt: null, endedAt: null, result: null, reason: null });
  expect((await gateway.ask(`${API}/targets/destop/sync-verify`, { body: {} })).status).toBe(404);
  const begun = await gateway.ask<SyncVerifyView>(path, { body: { sync: false } });
  expect(begun.status).toBe(202);
  const done = await until("it is done", async () => {
    const view = await look();
    return view.state === "done" && view;
  });
  expect(done.result?.drones.map(({ name, ok }) => [name, ok]).sort()).toEqual([
    ["izar", true],
    ["tarn", true],
  ]);
  expect(done.endedAt).toBeGreaterThanOrEqual(done.startedAt ?? 0);
});
