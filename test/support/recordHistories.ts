import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { withEngine } from "../../bench/swarmBench.ts";
import { QUEUES } from "../../model/activities.ts";
import {
  cancelUpdate,
  FLEET_ID,
  finalizeUpdate,
  pauseSignal,
  resumeSignal,
  type SyncVerifyInput,
  unblockUpdate,
} from "../../workflows/messages.ts";
import { Builds, held, reaches } from "./builds.ts";
import { writeHistory } from "./historyFile.ts";

// Records the histories that test/replay.test.ts replays: `node test/support/recordHistories.ts [DIRECTORY]`. To be run again
// when workflows were changed on purpose in a way that runs under way do not survive.

const DIRECTORY = process.argv[2] ?? join(import.meta.dirname, "..", "histories");
const by = { by: "ann" };

await withEngine(async ({ address, bundle }) => {
  const builds = new Builds();
  await using swarm = await NoopSwarm.start({
    ...{ address, bundle },
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0]), pkg("a/meta-1", [], [1]), pkg("a/broken-1")] },
    drones: ["izar", "tarn"].map((name) => ({ name, build: builds.build })),
  });
  const save = async (name: string, workflowId: string): Promise<void> => {
    const history = await swarm.client.workflow.getHandle(workflowId).fetchHistory();
    await mkdir(DIRECTORY, { recursive: true });
    const text = await writeHistory(join(DIRECTORY, `${name}.json`), history);
    console.log(`${name}: ${history.events?.length} events, ${Math.round(text.length / 1024)} KiB`);
  };

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
  await second.executeUpdate(cancelUpdate, { args: [by] });
  await second.result();
  release();
  await save("world-update-cancelled", second.workflowId);
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
});
process.exit(0);
