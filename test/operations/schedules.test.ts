import { writeFile } from "node:fs/promises";
import { expect, inject, onTestFinished, test } from "vitest";
import { hang } from "../../bench/noop/drone.ts";
import { wide } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import { QUEUES } from "../../model/activities.ts";
import type { ScheduleAction, ScheduleView } from "../../model/schedules.ts";
import { pendingActivities } from "../../operations/engine.ts";
import { listRuns } from "../../operations/runs.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore } from "../../store/store.ts";
import { configFile, swarm as runSwarm, temporaryDirectory } from "../cli/command.ts";
import { bundleOf } from "../store/support.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const TOKEN = "t".repeat(32);

/** A swarm with a binhost, whose builds wait for ever, and the command pointed at it. */
async function scheduledSwarm({ trees = true, target = true } = {}) {
  const directory = await temporaryDirectory();
  const store = await openStore(directory, { name: "main" });
  if (target) await store.putTarget("desktop", await store.putBlob(bundleOf("desktop")));
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  onTestFinished(() => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const tree = `[[tree]]\nname = "demo"\nsync = "directory"\nuri = "${directory}"\n`;
  const file = await configFile(`[swarm]\nstate_dir = "${directory}"\n[binhost]\nurl = "${url}"\n${trees ? tree : ""}`);
  await writeFile(`${directory}/token`, TOKEN);
  const { config } = await loadConfig({ path: file, env: {}, cwd: directory });
  const swarm = await noopSwarm({ plan: wide(1), config, token: TOKEN });
  onTestFinished(() => swarm.stop());
  await swarm.startOrchestrator();
  await swarm.addDrone({ name: "izar", build: hang });
  const env = {
    ...{ TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace, SWARM_CONFIG: file },
    TZ: "Europe/Vienna",
  };
  const command = (...args: string[]) => runSwarm(args, env);
  const startBinhost = async (): Promise<void> => {
    const again = createBinhostServer(store, { token: TOKEN, name: "main" });
    onTestFinished(() => again.close());
    await again.listen({ host: "127.0.0.1", port: Number(new URL(url).port) });
  };
  const schedule = async <T>(...args: string[]): Promise<T> => {
    const { exitCode, stdout, stderr } = await command("schedule", ...args, "--json");
    if (stderr !== "" || exitCode === 2) throw new Error(`${exitCode}: ${stderr}${stdout}`);
    return JSON.parse(stdout);
  };
  return { swarm, stopBinhost: () => server.close(), startBinhost, command, schedule };
}

test("a schedule from its birth to its end: the next times in its zone, a start, a skip while that runs, pause, removal", async () => {
  const { swarm, command, schedule } = await scheduledSwarm();
  const added = await command("schedule", "add", "nightly", "--cron", "30 2 * * *", "--catch-up", "12h");
  expect(added).toMatchObject({ exitCode: 0 });
  expect(added.stdout).toMatch(/✓ nightly is scheduled\.\nTimes: +30 2 \* \* \* {3}Europe\/Vienna\n/);
  // Three times, in the zone's own offset, which is another one in summer.
  expect(added.stdout.match(/\w{3} \d{4}-\d\d-\d\d 02:30 \+0[12]:00/g)).toHaveLength(3);
  expect(added.stdout).toContain("made up for within 12h 00m");
  expect(added.stderr).toContain("this machine's zone, Europe/Vienna");

  const started = await schedule<ScheduleAction>("trigger", "nightly");
  expect(started).toMatchObject({ outcome: "started", run: expect.stringMatching(/^desktop-\d{8}-\d{4}$/) });
  const run = await until("the run", () => swarm.view().catch(() => null));
  expect(run.run).toBe(started.run);
  expect((await swarm.current().describe()).memo).toMatchObject({ startedBy: "schedule nightly" });

  const skipped = await command("schedule", "trigger", "nightly");
  expect(skipped).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("✗ skipped: a run of desktop is in") });
  const [listed] = await schedule<ScheduleView[]>("list");
  expect(listed).toMatchObject({
    ...{ name: "nightly", cron: "30 2 * * *", timezone: "Europe/Vienna", paused: false, catchUp: 43_200_000 },
    order: { target: "desktop", atoms: ["@world"], autoFinalize: false, acceptFailed: false },
    last: [{ outcome: "skipped", reason: expect.stringContaining(started.run ?? "?") }, { outcome: "started" }],
  });
  expect((await command("schedule")).stdout).toContain(`started: ${started.run}`);

  expect(await command("schedule", "pause", "nightly", "--note", "moving")).toMatchObject({ exitCode: 0 });
  expect((await command("schedule", "list")).stdout).toContain("paused (ann: moving)");
  const resumed = await command("schedule", "resume", "nightly");
  expect(resumed.stdout).toMatch(/nightly goes on\.(.|\n)*Next: +\w{3} \d{4}/);
  expect(await command("schedule", "remove", "nightly")).toMatchObject({ exitCode: 0 });
  await until("it is gone", async () => (await schedule<ScheduleView[]>("list")).length === 0);
  expect((await swarm.view()).run).toBe(started.run);
});

test("it starts by itself when its time has come, and not a second time while its run is there", async () => {
  const { swarm, schedule } = await scheduledSwarm();
  await schedule("add", "often", "--cron", "@every 1m", "--timezone", "UTC", "--atoms", "app-misc/a,app-misc/b");
  // Nobody may have it so, but minutes are long for a test.
  await swarm.client.schedule
    .getHandle("schedule/often")
    .update(({ spec: _, ...rest }) => ({ ...rest, spec: { intervals: [{ every: "2s" }] } }));
  const view = await until("the run", () => swarm.view().catch(() => null));
  const times = await until("skips", async () => {
    const [often] = await schedule<ScheduleView[]>("list");
    return often?.last.filter(({ outcome }) => outcome === "skipped").length === 3 && often;
  });
  expect(times.order.atoms).toEqual(["app-misc/a", "app-misc/b"]);
  expect(times.next).toHaveLength(3);
  expect((await swarm.view()).run).toBe(view.run);
  await schedule("remove", "often");
});

test("times, zones, names and targets that are none are refused with what is right, and nothing is left of them", async () => {
  const { command, schedule } = await scheduledSwarm();
  const add = (name: string, ...args: string[]) => command("schedule", "add", name, ...args);
  const refused = async (said: Promise<{ exitCode?: number | undefined; stdout: string; stderr: string }>) => {
    const { exitCode, stdout, stderr } = await said;
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 2, stdout: "" });
    return stderr;
  };
  const daily = ["--cron", "0 2 * * *"];
  expect(await refused(add("x", "--cron", "0 25 * * *"))).toMatch(/'0 25 \* \* \*' is no time .*Hour.*"0 2 \* \* \*"/);
  expect(await refused(add("x", "--cron", "when it rains"))).toContain("is no time that can be scheduled");
  expect(await refused(add("x", "--cron", "0 2 30 2 *"))).toContain("a time that never comes");
  expect(await refused(add("x", "--cron", "TZ=UTC 0 2 * * *"))).toContain("--timezone");
  for (const often of ["@every 1s", "@every 0.5m", "@every 59s/1h", "* * * * * * *", " 0 0 2 * * * * # nightly"]) {
    expect(await refused(add("x", "--cron", often))).toMatch(/once a minute at most.*"0 2 \* \* \*"/);
  }
  expect(await refused(add("x", "--cron", "@every 0m"))).toContain("is no time that can be scheduled");
  expect(await refused(add("x", ...daily, "--timezone", "Europe/Wien"))).toContain("is no time zone");
  expect(await refused(add("x", ...daily, "--timezone", "Europe/Viena"))).toContain("Did you mean Europe/Vienna?");
  expect(await refused(add("x", ...daily, "--timezone", "+01:00"))).toContain("is no time zone");
  expect(await refused(add("X y", ...daily))).toContain("cannot name a schedule");
  expect(await refused(add("x", ...daily, "--target", "destop"))).toContain("did you mean 'desktop'?");
  expect(await refused(add("x", ...daily, "--catch-up", "soon"))).toContain("like 30m, 12h or 2d");
  expect(await refused(add("x", ...daily, "--atoms", "nonsense"))).toContain("nonsense");
  expect(await refused(add("x", ...daily, "--accept-failed"))).toContain("--auto-finalize");
  expect(await refused(add("x"))).toContain("--cron");
  expect(await schedule("list")).toEqual([]);
  expect((await command("schedule")).stdout).toContain("There is no schedule. Add one:");

  await schedule("add", "nightly", ...daily, "--timezone", "UTC");
  expect((await add("nightly", ...daily)).stderr).toContain("swarm schedule remove nightly");
  for (const act of ["pause", "resume", "trigger", "remove"]) {
    expect(await refused(command("schedule", act, "nigthly"))).toContain("did you mean 'nightly'? known: nightly");
  }
  await schedule("remove", "nightly");
});

const NIGHTLY = ["nightly", "--cron", "0 2 * * *", "--timezone", "UTC"];

/** The runs that there were. */
async function runs({ client }: NoopSwarm): Promise<string[]> {
  const records = await until("a run is listed", async () => {
    const listed = await listRuns(client, 10);
    return listed.length > 0 && listed;
  });
  return records.map(({ run }) => run);
}

test("a start that fails for a moment is made later, once", async () => {
  const { swarm, stopBinhost, startBinhost, schedule } = await scheduledSwarm();
  await schedule("add", ...NIGHTLY);
  await stopBinhost();
  const triggered = schedule<ScheduleAction>("trigger", "nightly");
  const { client } = swarm;
  const failed = await until("it has failed", async () => {
    for await (const { workflowId } of client.workflow.list({ query: 'WorkflowType = "startScheduledRun"' })) {
      const [pending] = await pendingActivities(client, workflowId);
      if (pending?.problem) return pending;
    }
    return null;
  });
  expect(failed).toMatchObject({ type: "startScheduled", problem: expect.stringContaining("ECONNREFUSED") });
  await startBinhost();
  const started = await triggered;
  expect(started).toMatchObject({ outcome: "started", run: expect.stringMatching(/^desktop-/) });
  expect((await swarm.view()).run).toBe(started.run);
  expect(await runs(swarm)).toEqual([started.run]);
});

test("a start whose answer was lost is not made again, also where its run has ended since", async () => {
  const { swarm, schedule } = await scheduledSwarm();
  const { workflow } = swarm.client;
  const start = workflow.start.bind(workflow);
  let lost = 0;
  const losing = async (...asked: Parameters<typeof start>) => {
    const handle = await start(...asked);
    if (asked[0] !== "worldUpdate" || lost++ > 0) return handle;
    await handle.terminate("a test");
    throw new Error("the answer was lost");
  };
  Object.assign(workflow, { start: losing });
  await schedule("add", ...NIGHTLY);
  const { outcome, run } = await schedule<ScheduleAction>("trigger", "nightly");
  expect([outcome, lost]).toEqual(["started", 1]);
  expect(await runs(swarm)).toEqual([run]);
});

test("a start that cannot be, because of something that a person must mend, is told as the last result", async () => {
  const { swarm, schedule } = await scheduledSwarm({ trees: false });
  await schedule("add", "nightly", "--cron", "0 2 * * *", "--timezone", "UTC");
  expect(await schedule("trigger", "nightly")).toMatchObject({
    ...{ outcome: "failed", run: null, reason: expect.stringContaining("no [[tree]] is configured") },
  });
  // A target that has gone since.
  const order = { schedule: "old", target: "laptop", atoms: ["@world"], autoFinalize: false, acceptFailed: false };
  const start = { workflowId: "scheduled/old", taskQueue: QUEUES.orchestrator, args: [order] };
  await expect(swarm.client.workflow.execute("startScheduledRun", start)).rejects.toThrow();
});
