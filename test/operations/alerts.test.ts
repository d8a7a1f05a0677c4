import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, onTestFinished, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import { QUEUES } from "../../model/activities.ts";
import type { AlertsView, Notice } from "../../model/alerts.ts";
import { ALERTS_ID, finalizeUpdate, unblockUpdate } from "../../workflows/messages.ts";
import { configFile, swarm as runSwarm, temporaryDirectory } from "../cli/command.ts";
import { Builds, reaches, refusalOf } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { receiver } from "../support/receiver.ts";

const SECRET = "tk_very_hidden";

/** A swarm whose alerts go to a real receiver, and the command pointed at it. */
async function watchedSwarm(rules: string, builds: Builds) {
  const hook = await receiver();
  const directory = await temporaryDirectory();
  await writeFile(`${directory}/hook-token`, SECRET);
  const channel = (name: string, url: string, ...more: string[]) =>
    ["[[alerts.channel]]", `name = "${name}"`, 'kind = "webhook"', `url = "${url}"`, ...more, ""].join("\n");
  const file = await configFile(
    [
      `[swarm]\nstate_dir = "${directory}"\n[alerts]\nlow_disk_gib = 0\n${rules}`,
      channel("hook", `${hook.url}/in`, `token_file = "${directory}/hook-token"`),
      channel("mail", "http://127.0.0.1:1", 'min_severity = "critical"'),
    ].join("\n"),
  );
  const { config } = await loadConfig({ path: file, env: {}, cwd: directory });
  const swarm = await noopSwarm({ plan: wide(2), drones: [{ name: "izar", build: builds.build }], config });
  onTestFinished(() => swarm.stop());
  const alerts = await swarm.client.workflow.start("alerts", {
    workflowId: ALERTS_ID,
    taskQueue: QUEUES.orchestrator,
  });
  const env = {
    ...{ TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace, SWARM_CONFIG: file },
  };
  const command = (...args: string[]) => runSwarm(["alerts", ...args], env);
  const notices = (): Notice[] => hook.received.map(({ body }) => JSON.parse(body));
  const titles = (): string[] => notices().map(({ title }) => title);
  const view = async (): Promise<AlertsView> => JSON.parse((await command("--json")).stdout);
  return { swarm, hook, alerts, command, notices, titles, view };
}

test("a run with a broken package: each thing is told once, and that it is over; no secret is in a history, and quiet costs none", async () => {
  const builds = new Builds(async ({ cpv }) => {
    if (cpv === "wide/part0-1") throw failed("package", "compile phase: undeclared_thing undeclared");
  });
  const { swarm, hook, alerts, command, notices, titles, view } = await watchedSwarm("", builds);
  const run = await swarm.run({ run: "desktop-1" });
  const broken = "wide/part0-1 failed in desktop-1";
  const waits = "desktop-1 waits for finalize";
  await until("both alerts", async () => titles().length === 2);
  expect(titles().sort()).toEqual([waits, broken].sort());
  expect(notices().find(({ title }) => title === broken)).toMatchObject({
    ...{ kind: "fired", severity: "warning", text: "compile phase: undeclared_thing undeclared" },
    alerts: [{ command: "swarm logs wide/part0-1 --target desktop", endedAt: null }],
  });
  expect(hook.received[0]?.headers).toMatchObject({ authorization: `Bearer ${SECRET}` });

  const listed = await command();
  expect(listed.stdout).toContain(`warning   ${broken}`);
  expect(listed.stdout).toContain("→ Run: swarm finalize --target desktop");
  expect(listed.stdout).toMatch(/✓ hook: last message/);
  expect(listed.stdout).toMatch(/✓ mail \(critical and worse\): nothing was sent yet/);
  expect((await view()).active.map(({ title }) => title).sort()).toEqual([waits, broken].sort());

  // Two looks at a swarm in which nothing happens.
  const { historyLength } = await alerts.describe();
  await sleep(21_000);
  expect((await alerts.describe()).historyLength).toBe(historyLength);

  builds.become(async () => {});
  await run.executeUpdate(unblockUpdate, { args: [{ by: "ann" }] });
  await reaches(swarm, "gate");
  await run.executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
  await until("all is over", async () => (await view()).active.length === 0);
  await until("that is told", async () => notices().some((notice) => notice.alerts.some(({ endedAt }) => endedAt)));
  const { recent } = await view();
  expect(new Set(recent.map(({ title }) => title))).toEqual(new Set([waits, broken]));

  const history = await alerts.fetchHistory();
  const payloads = (history.events ?? []).flatMap(({ activityTaskScheduledEventAttributes: asked }) =>
    (asked?.input?.payloads ?? []).map(({ data }) => Buffer.from(data ?? []).toString()),
  );
  expect(payloads.join()).toContain(broken);
  expect(JSON.stringify(history) + payloads.join()).not.toContain(SECRET);
});

test("swarm alerts test tells what each channel answered, and fails where one did", async () => {
  const { swarm, hook, command, notices } = await watchedSwarm("", new Builds());
  const all = await command("test");
  expect(all).toMatchObject({ exitCode: 1, stderr: "" });
  expect(all.stdout).toMatch(/✓ hook: 127\.0\.0\.1:\d+: HTTP 200\n✗ mail: 127\.0\.0\.1:1: /);
  expect(notices()).toMatchObject([{ kind: "test", text: expect.stringContaining("ann tried the channel hook") }]);

  hook.answer = async () => ({ status: 401, text: `who is ${SECRET}` });
  const one = await command("test", "hook", "--json");
  expect(one.exitCode).toBe(1);
  expect(JSON.parse(one.stdout)).toEqual([
    { channel: "hook", ok: false, answer: expect.stringMatching(/HTTP 401: who is \*\*\*$/) },
  ]);
  hook.answer = async () => ({ status: 204 });
  expect(await command("test", "hook")).toMatchObject({ exitCode: 0 });
  expect(await command("test", "hok")).toMatchObject({
    ...{ exitCode: 2, stderr: "swarm: unknown channel 'hok', did you mean 'hook'? known: hook, mail" },
  });
  const workflow = swarm.client.workflow.getHandle(ALERTS_ID);
  for (const bad of [undefined, null, 5, { by: "ann" }, { by: 5, channel: null }, { by: "ann", channel: "x" }]) {
    const asked = workflow.executeUpdate<unknown, [unknown]>("test", { args: [bad] });
    expect(await refusalOf(asked)).toMatch(/not a request|no channel x/);
  }
  await workflow.terminate();
  expect((await command()).stdout).toContain("no channel is configured");
  expect(await command("test")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("[[alerts.channel]]") });
});

test("a channel that is away: its trouble is shown while it is tried, and the message comes once it is back", async () => {
  const { swarm, hook, command, notices, view } = await watchedSwarm("", new Builds());
  hook.answer = async () => ({ status: 503, text: "closed" });
  await swarm.run({ run: "desktop-1" });
  await until("the trouble is seen", async () => (await view()).channels[0]?.lastError);
  const listed = await command();
  expect(listed.stdout).toMatch(/✗ hook: nothing was sent yet; tried again: 127\.0\.0\.1:\d+: HTTP 503: closed/);
  hook.answer = async () => ({ status: 200 });
  await until("it arrives", async () => (await view()).channels[0]?.lastSuccess);
  const ids = hook.received.map(({ headers }) => headers["idempotency-key"]);
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids).size).toBe(1);
  expect(notices().at(-1)?.title).toBe("desktop-1 waits for finalize");
});
