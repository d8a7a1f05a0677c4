import { writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { wide } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import { QUEUES } from "../../model/activities.ts";
import type { Notice } from "../../model/alerts.ts";
import { ALERTS_ID, alertsQuery, finalizeUpdate, testAlertsUpdate, unblockUpdate } from "../../workflows/messages.ts";
import { configFile, temporaryDirectory } from "../cli/command.ts";
import { Builds, reaches } from "../support/builds.ts";
import { lowLimitSwarm } from "../support/lowLimitServer.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { receiver } from "../support/receiver.ts";

const BROKEN = "wide/part0-1 failed in desktop-1";
const WAITS = "desktop-1 waits for finalize";

/** A channel that can go away, and what it got while it was there. */
async function channel() {
  const hook = await receiver();
  const taken: Notice[] = [];
  const there = async ({ body }: { body: string }) => {
    taken.push(JSON.parse(body));
    return { status: 200 };
  };
  hook.answer = there;
  const isAway = (away: boolean): void => {
    hook.answer = away ? async () => ({ status: 503, text: "closed" }) : there;
  };
  /** `+` and title of what was told to begin, `-` of what was told to be over. */
  const told = (): string[] =>
    taken.flatMap(({ kind, alerts }) =>
      kind === "test" ? [] : alerts.map(({ title, endedAt }) => `${endedAt === null ? "+" : "-"}${title}`),
    );
  return { ...hook, taken, told, isAway, asked: hook.received };
}

/** Alerts of a run whose first package is broken until the test mends it. */
async function watched(names: string[], start: (options: Parameters<typeof noopSwarm>[0]) => Promise<NoopSwarm>) {
  const builds = new Builds(async ({ cpv }) => {
    if (cpv === "wide/part0-1") throw failed("package", "compile phase: thing undeclared");
  });
  const directory = await temporaryDirectory();
  const hooks = await Promise.all(names.map(channel));
  await writeFile(`${directory}/token`, "t".repeat(32));
  const file = await configFile(
    [
      `[swarm]\nstate_dir = "${directory}"\n[alerts]\nlow_disk_gib = 0\n`,
      ...names.map((name, i) => `[[alerts.channel]]\nname = "${name}"\nkind = "webhook"\nurl = "${hooks[i]?.url}"\n`),
    ].join("\n"),
  );
  const { config } = await loadConfig({ path: file, env: {}, cwd: directory });
  const swarm = await start({ plan: wide(2), drones: [{ name: "izar", build: builds.build }], config });
  const options = { workflowId: ALERTS_ID, taskQueue: QUEUES.orchestrator };
  await swarm.client.workflow.start("alerts", options);
  return { swarm, builds, hooks, alerts: swarm.client.workflow.getHandle(ALERTS_ID) };
}

test("the alerts continue as new, and their orchestrator is replaced: nothing is told again, and what is over is told once", async () => {
  const { swarm, hooks, alerts } = await watched(["hook", "phone"], (options) => lowLimitSwarm(60, options));
  const [hook, phone] = hooks;
  if (!hook || !phone) throw new Error("no channels");
  phone.isAway(true);
  const run = await swarm.run({ run: "desktop-1" });
  await until("both are told", async () => hook.told().length === 2);
  await until("the other one was tried", async () => phone.asked.length > 0);
  const before = (await alerts.describe()).runId;
  await until("it continues as new", async () => {
    await alerts.executeUpdate(testAlertsUpdate, { args: [{ by: "ann", channel: "hook" }] });
    return (await alerts.describe()).runId !== before;
  });
  expect((await alerts.query(alertsQuery)).active.map(({ title }) => title).sort()).toEqual([WAITS, BROKEN].sort());

  await swarm.orchestrators[0]?.stop();
  await swarm.startOrchestrator();
  phone.isAway(false);
  // Its first message waited for it, through all of that.
  await until("it has caught up", async () => phone.told().length === 2);
  const ids = phone.asked.map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(ids).size).toBe(phone.taken.length);

  await run.executeUpdate(finalizeUpdate, { args: [{ by: "ann", acceptFailed: true }] });
  const all = [`+${WAITS}`, `+${BROKEN}`, `-${WAITS}`, `-${BROKEN}`].sort();
  for (const each of [hook, phone]) {
    await until("that it is over", async () => each.told().length >= 4);
    expect(each.told().sort()).toEqual(all);
  }
}, 240_000);

test("a channel that was away while alerts came and went: all is told once it is back, in order, and nothing twice", async () => {
  const { swarm, builds, hooks, alerts } = await watched(["hook"], async (options) => {
    const started = await noopSwarm(options);
    onTestFinished(() => started.stop());
    return started;
  });
  const [hook] = hooks;
  if (!hook) throw new Error("no channel");
  hook.isAway(true);
  const run = await swarm.run({ run: "desktop-1" });
  await until("it was tried", async () => hook.asked.length > 0);
  builds.become(async () => {});
  await run.executeUpdate(unblockUpdate, { args: [{ by: "ann" }] });
  await reaches(swarm, "gate");
  const titles = async () => (await alerts.query(alertsQuery)).active.map(({ title }) => title);
  await until("that one is over is seen", async () => JSON.stringify(await titles()) === JSON.stringify([WAITS]));
  expect(hook.taken).toEqual([]);
  hook.isAway(false);
  await until("it has caught up", async () => hook.told().length >= 3);
  // What was on its way when it went comes first, though it is over by now.
  const [first, ...others] = hook.told();
  expect(first).toBe(`+${BROKEN}`);
  expect(others.sort()).toEqual([`+${WAITS}`, `-${BROKEN}`].sort());
  const ids = hook.asked.map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(ids).size).toBe(hook.taken.length);
}, 240_000);
