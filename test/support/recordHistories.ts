import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import fastify from "fastify";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { withEngine } from "../../bench/swarmBench.ts";
import { resolveConfig, surroundingsOf } from "../../config/defaults.ts";
import { fileSchema } from "../../config/schema.ts";
import { QUEUES } from "../../model/activities.ts";
import type { ScheduledOrder } from "../../model/schedules.ts";
import type { TargetBundle } from "../../model/target.ts";
import { bundleBytes } from "../../portage/bundle.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore } from "../../store/store.ts";
import {
  ALERTS_ID,
  alertsQuery,
  cancelUpdate,
  FLEET_ID,
  finalizeUpdate,
  forgetDroneUpdate,
  pauseSignal,
  queuedStartId,
  queueUpdate,
  resumeSignal,
  type SyncVerifyInput,
  testAlertsUpdate,
  unblockUpdate,
} from "../../workflows/messages.ts";
import { Builds, held, reaches } from "./builds.ts";
import { writeHistory } from "./historyFile.ts";

// Records the histories that test/replay.test.ts replays: `node test/support/recordHistories.ts [DIRECTORY]`. To be run again
// when workflows were changed on purpose in a way that runs under way do not survive. fleet-silent-drone.json is not recorded again:
// it is of a version that grounded a drone, when it was resumed, for the age of its report, which decides what two runs are told.

const DIRECTORY = process.argv[2] ?? join(import.meta.dirname, "..", "histories");
const by = { by: "ann" };

/** Of what orchestrators reach by HTTP: a binhost without packages, and a receiver of alerts that is away at first. */
async function outside(directory: string) {
  const token = "t".repeat(32);
  const store = await openStore(join(directory, "binhost"), { name: "main" });
  const profile = { repository: "demo", path: "demo/amd64" };
  const bundle: TargetBundle = { format: 1, name: "desktop", profile, files: {}, world: ["@world"] };
  await store.putTarget("desktop", await store.putBlob(bundleBytes(bundle)));
  const binhost = createBinhostServer(store, { token, name: "main" });
  const receiver = fastify();
  let asked = 0;
  receiver.post("/", (_request, reply) => reply.code(asked++ === 0 ? 503 : 200).send());
  const [binhostUrl, url] = await Promise.all([
    binhost.listen({ host: "127.0.0.1", port: 0 }),
    receiver.listen({ host: "127.0.0.1", port: 0 }),
  ]);
  const file = fileSchema.parse({
    swarm: { state_dir: directory },
    binhost: { url: binhostUrl },
    tree: [{ name: "demo", sync: "directory", uri: directory }],
    alerts: { low_disk_gib: 0, channel: [{ name: "hook", kind: "webhook", url }] },
  });
  const close = () => Promise.all([binhost.close(), receiver.close()]);
  return { token, config: resolveConfig(file, surroundingsOf({}, directory)), close };
}

await withEngine(async ({ address, bundle, directory }) => {
  const builds = new Builds();
  const { close, ...known } = await outside(directory);
  await using swarm = await NoopSwarm.start({
    ...{ address, bundle, ...known },
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0]), pkg("a/meta-1", [], [1]), pkg("a/broken-1")] },
  });
  await swarm.startOrchestrator();
  for (const name of ["izar", "tarn"]) await swarm.addDrone({ name, build: builds.build });
  const save = async (name: string, workflowId: string, executionId?: string): Promise<void> => {
    const history = await swarm.client.workflow.getHandle(workflowId, executionId).fetchHistory();
    await mkdir(DIRECTORY, { recursive: true });
    const text = await writeHistory(join(DIRECTORY, `${name}.json`), history);
    console.log(`${name}: ${history.events?.length} events, ${Math.round(text.length / 1024)} KiB`);
  };

  const watching = await swarm.client.workflow.start("alerts", {
    ...{ workflowId: ALERTS_ID, taskQueue: QUEUES.orchestrator },
  });
  builds.become(async ({ cpv, attempt }) => {
    if (cpv === "a/broken-1") throw failed("package", "compile phase: thing undeclared");
    if (cpv === "a/lib-1" && attempt === 1) throw failed("drone", "cannot fork");
  });
  const run = await swarm.run({ run: "recorded-1" });
  await run.signal(pauseSignal);
  await run.signal(resumeSignal);
  await reaches(swarm, "gate");
  await run.executeUpdate(finalizeUpdate, { args: [by] }).catch(() => {});
  builds.become(async () => {});
  await run.executeUpdate(unblockUpdate, { args: [by] });
  await until("all received", async () => (await swarm.view()).counts.received === 4);
  await reaches(swarm, "gate");
  await run.executeUpdate(finalizeUpdate, { args: [by] });
  await run.result();
  await save("world-update-published", run.workflowId);
  await save("build-package-received", "build/recorded-1/a/app-1/1");
  await save("build-package-failed", "build/recorded-1/a/broken-1/1");

  const { build, release } = held();
  builds.become(build);
  const second = await swarm.run({ run: "recorded-2" });
  await until("builds", async () => (await swarm.view()).counts.delegated > 0);
  const order: ScheduledOrder = {
    ...{ schedule: "nightly", target: "desktop", atoms: ["@world"], autoFinalize: false, acceptFailed: false },
  };
  const scheduled = { workflowId: "scheduled/nightly-recorded", taskQueue: QUEUES.orchestrator, args: [order] };
  await swarm.client.workflow.execute("startScheduledRun", scheduled);
  await save("start-scheduled-run", scheduled.workflowId);
  await second.executeUpdate(queueUpdate, { args: [{ ...by, atoms: ["@world"], orders: ["hook/recorded"] }] });
  await second.executeUpdate(cancelUpdate, { args: [by] });
  await second.result();
  release();
  const queued = queuedStartId("recorded-2", 1);
  await swarm.client.workflow.getHandle(queued).result();
  await save("start-queued-run", queued);
  await swarm.current().executeUpdate(cancelUpdate, { args: [by] });
  await reaches(swarm, "cancelled");
  await save("world-update-cancelled", second.workflowId, second.firstExecutionRunId);
  await save("build-package-cancelled", "build/recorded-2/a/lib-1/1");

  const input: SyncVerifyInput = { target: "desktop", trees: [], binhost: "main", sync: true };
  const workflowId = "sync-verify/recorded";
  await swarm.client.workflow.execute("syncVerify", { workflowId, taskQueue: QUEUES.orchestrator, args: [input] });
  await save("sync-verify", workflowId);

  const gone = await swarm.addDroneProcess({ name: "unra" }, 0);
  gone.kill("SIGKILL");
  const lost = async () => (await swarm.fleet()).drones.find((d) => d.facts.name === "unra")?.state === "lost";
  await until("unra is lost", lost);
  await save("fleet", FLEET_ID);

  const told = async (rule: string) => (await watching.query(alertsQuery)).active.some((alert) => alert.rule === rule);
  await until("its loss is an alert", () => told("drone-lost"));
  await watching.executeUpdate(testAlertsUpdate, { args: [{ by: "ann", channel: null }] });
  const { client } = swarm;
  await client.workflow.getHandle(FLEET_ID).executeUpdate(forgetDroneUpdate, { args: [{ by: "ann", drone: "unra" }] });
  await until("it is over", async () => !(await told("drone-lost")));
  await until("all is told", async () => (await watching.query(alertsQuery)).channels[0]?.lastSuccess);
  await save("alerts", ALERTS_ID);
  await close();
});
process.exit(0);
