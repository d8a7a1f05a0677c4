import { expect, test } from "vitest";
import { failed, hang } from "../../bench/noop/drone.ts";
import { chain, pkg, wide } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import {
  balanceSignal,
  balanceUpdate,
  cancelSignal,
  cancelUpdate,
  finalizeSignal,
  pauseSignal,
  pauseUpdate,
  prioritizeSignal,
  prioritizeUpdate,
  resumeSignal,
  unblockSignal,
  unblockUpdate,
  whyQuery,
} from "../../workflows/messages.ts";
import { Builds, held, packages, reaches, refusalOf } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const ann = { by: "ann" };

/** Children of the swarm that still run, by workflow id. */
async function childrenRunning(swarm: NoopSwarm): Promise<string[]> {
  const found: string[] = [];
  const query = "WorkflowType = 'buildPackage' AND ExecutionStatus = 'Running'";
  for await (const { workflowId } of swarm.client.workflow.list({ query })) found.push(workflowId);
  return found;
}

test("pause and resume by plain signals, as the Web UI sends them: nothing new starts between, what builds goes on", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar", build: builds.build }] });
  const run = await swarm.run();
  await until("the first build", async () => builds.started.length === 1);
  await run.signal(pauseSignal);
  await until("paused", async () => (await swarm.view()).paused?.by === "the Web UI");
  expect(await refusalOf(run.executeUpdate(pauseUpdate, { args: [ann] }))).toContain("paused already by the Web UI");
  release();
  await until("received", async () => (await swarm.view()).counts.received === 1);
  const [why] = await run.query(whyQuery, ["chain/link1-1"]);
  expect(why?.why).toBe("the run is paused by the Web UI: by hand");
  expect(builds.started).toHaveLength(1);
  await run.signal(resumeSignal);
  await reaches(swarm, "gate");
  expect(builds.started).toHaveLength(2);
});

test("who means another run than the one in progress does nothing to it, by whichever message", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build }] });
  const run = await swarm.run();
  await reaches(swarm, "build");
  const before = { by: "ann", run: "desktop-20200101-0000" };
  for (const name of ["finalize", "unblock", "prioritize", "balance", "pause", "resume", "cancel"]) {
    const refusal = await refusalOf(run.executeUpdate(name, { args: [{ ...before, packages: ["wide/part0-1"] }] }));
    expect(refusal).toMatch(/desktop-20200101-0000 is not the run in progress any more: that is .+ Nothing was done$/);
  }
  const now = { by: "ann", run: (await swarm.view()).run };
  expect(await run.executeUpdate(pauseUpdate, { args: [now] })).toMatch(/^paused/);
});

test("messages that are not what they should be are refused or read as empty, and the run goes on", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build }] });
  const run = await swarm.run();
  await reaches(swarm, "build");
  for (const bad of [null, 5, "all", { packages: "wide/part0-1" }, { packages: [7] }]) await run.signal("unblock", bad);
  for (const bad of [null, 5, "x", { by: 5, reason: {} }]) {
    await run.signal("pause", bad);
    await run.signal("resume", bad);
    await run.signal("finalize", bad);
  }
  const refusal = await refusalOf(run.executeUpdate("unblock", { args: [{ packages: "wide/part0-1" }] }));
  expect(refusal).toContain("packages must be a list");
  expect(await run.executeUpdate("pause", { args: [] })).toContain("paused: ");
  expect((await swarm.view()).paused).toMatchObject({ by: "an operator", reason: "by hand" });
  expect(await run.executeUpdate("resume", { args: [null] })).toBe("resumed");
  release();
  await reaches(swarm, "gate");
  expect((await swarm.view()).events.map((e) => e.text)).toContain(
    'signal unblock refused: packages must be a list, like ["dev-libs/openssl-3.0.2"]',
  );
});

test("unblock and finalize by plain signals; a refusal is in the run's events", async () => {
  let broken = true;
  const build = async () => {
    if (broken) throw failed("package");
  };
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build }] });
  const run = await swarm.run();
  await reaches(swarm, "gate");
  await run.signal(finalizeSignal);
  const refused = async () => (await swarm.view()).events.some((e) => e.text.startsWith("signal finalize refused: "));
  await until("the refusal is noted", refused);
  broken = false;
  await run.signal(unblockSignal);
  await until("built after all", async () => (await swarm.view()).counts.received === 1);
  await reaches(swarm, "gate");
  await run.signal(finalizeSignal, {});
  expect((await run.result()).outcome).toBe("published");
});

test("balance by a plain signal: what waits after trouble starts at once, and the run's events tell it", async () => {
  const builds = new Builds(async () => {
    throw failed("infrastructure");
  });
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build: builds.build }] });
  const run = await swarm.run();
  await until("trouble", async () => (await packages(swarm))[0]?.attempts[0]?.failure);
  builds.become(async () => {});
  await run.signal(balanceSignal);
  await reaches(swarm, "gate", 12_000);
  const told = (await swarm.view()).events.map((e) => e.text);
  expect(told).toContain("the Web UI balanced: 0 moved, 1 without waiting any longer");
});

test("prioritize changes what is built next, in flight; what is mistyped or unknown is refused and changes nothing", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ plan: wide(4), drones: [{ name: "izar", slots: 1, build: builds.build }] });
  const run = await swarm.run();
  await until("the first build", async () => builds.started.length === 1);
  const answer = await run.executeUpdate(prioritizeUpdate, { args: [{ ...ann, packages: ["wide/part3-1"] }] });
  expect(answer).toEqual(["wide/part3-1"]);
  const prioritize = (packages: string[]) => run.executeUpdate(prioritizeUpdate, { args: [{ ...ann, packages }] });
  expect(await refusalOf(prioritize(["wide/part2-1", "wide/part9-1"]))).toContain("the run builds: wide/part9-1");
  expect(await refusalOf(run.executeUpdate("prioritize", { args: [] }))).toContain("packages must be a list");
  for (const bad of [null, 5, "all", {}, { packages: "wide/part1-1" }]) await run.signal("prioritize", bad);
  const refused = async () =>
    (await swarm.view()).events.filter(({ text }) => text.startsWith("signal prioritize refused: ")).length === 5;
  await until("the refusals are noted", refused);
  expect((await swarm.view()).prioritized).toEqual(["wide/part3-1"]);
  await run.signal(prioritizeSignal, { packages: ["wide/part3-1", "wide/part2-1"] });
  await until("two go first", async () => (await swarm.view()).prioritized?.length === 2);
  release();
  await reaches(swarm, "gate");
  const order = builds.started.map(({ cpv }) => cpv);
  expect(order.slice(1, 3).toSorted()).toEqual(["wide/part2-1", "wide/part3-1"]);
});

test("cancel ends the builds and the run; nothing is left running, and the next run can start", async () => {
  const builds = new Builds(hang);
  await using swarm = await noopSwarm({ plan: wide(3), drones: [{ name: "izar", slots: 2, build: builds.build }] });
  const run = await swarm.run();
  await until("two builds", async () => builds.started.length === 2);
  expect(await childrenRunning(swarm)).toHaveLength(2);
  await run.executeUpdate(cancelUpdate, { args: [ann] });
  const result = await run.result();
  expect(result).toMatchObject({ outcome: "cancelled", view: { step: "cancelled", reason: "cancelled by ann" } });
  await until("no child runs", async () => (await childrenRunning(swarm)).length === 0);
  expect(swarm.binhost.published).toEqual([]);
  builds.become(async () => {});
  await swarm.run();
  await reaches(swarm, "gate");
});

test("cancel interrupts a resolution that hangs", async () => {
  const asked = Promise.withResolvers<void>();
  const resolve = () => {
    asked.resolve();
    return new Promise<never>(() => {});
  };
  await using swarm = await noopSwarm({ drones: [{ name: "izar", resolve }] });
  const run = await swarm.run();
  await asked.promise;
  await run.signal(cancelSignal);
  expect((await run.result()).outcome).toBe("cancelled");
});

test("the engine's own cancel request ends a run in the same way", async () => {
  const builds = new Builds(hang);
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build: builds.build }] });
  const run = await swarm.run();
  await until("a build", async () => builds.started.length === 1);
  await run.cancel();
  expect((await run.result()).view.reason).toBe("cancelled by the engine");
  await until("no child runs", async () => (await childrenRunning(swarm)).length === 0);
});

test("a publish under way is neither cancelled nor undone, whoever asks", async () => {
  const publishing = Promise.withResolvers<void>();
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar" }] });
  swarm.binhost.onPublish = () => publishing.promise;
  const run = await swarm.run({ options: { autoFinalize: true } });
  await reaches(swarm, "publish");
  expect(await refusalOf(run.executeUpdate(cancelUpdate, { args: [ann] }))).toContain("the run is being published");
  expect(await refusalOf(run.executeUpdate(unblockUpdate, { args: [ann] }))).toContain("the run is being published");
  await run.signal(cancelSignal);
  await run.cancel();
  publishing.resolve();
  expect((await run.result()).outcome).toBe("published");
  expect(swarm.binhost.published).toHaveLength(1);
});

test("a build whose workflow somebody terminated is started again", async () => {
  const builds = new Builds(hang);
  const plan = { packages: [pkg("a/lib-1")] };
  await using swarm = await noopSwarm({ plan, drones: [{ name: "izar", build: builds.build }] });
  const run = await swarm.run();
  await until("the build", async () => builds.started.length === 1);
  const [id] = await childrenRunning(swarm);
  builds.become(async () => {});
  await swarm.client.workflow.getHandle(id ?? "").terminate("by hand");
  await until("the failure", async () => (await packages(swarm))[0]?.attempts[0]?.failure?.class === "infrastructure");
  await run.executeUpdate(balanceUpdate, { args: [ann] });
  await reaches(swarm, "gate");
  expect(builds.started).toHaveLength(2);
});
