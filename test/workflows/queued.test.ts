import { ApplicationFailure } from "@temporalio/common";
import { expect, inject, test } from "vitest";
import { createQueuedActivities } from "../../activities/orchestrator/queued.ts";
import { hang } from "../../bench/noop/drone.ts";
import { wide } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { ENDS_SOON } from "../../model/orders.ts";
import type { PlanGraph } from "../../model/plan.ts";
import type { Access } from "../../operations/access.ts";
import { nextAction } from "../../operations/nextAction.ts";
import { clearQueue, type Ordered, startOrQueue } from "../../operations/queue.ts";
import { read } from "../../operations/readModel.ts";
import { resetTarget } from "../../operations/reset.ts";
import { listRuns } from "../../operations/runs.ts";
import { startRun } from "../../operations/startRun.ts";
import { readEvents } from "../../watch/eventLog.ts";
import {
  cancelUpdate,
  finalizeUpdate,
  queuedStartId,
  queueSignal,
  queueUpdate,
  worldUpdateId,
} from "../../workflows/messages.ts";
import { spawnSwarm } from "../cli/command.ts";
import { accessTo, TOKEN } from "../support/access.ts";
import { continuesAsNew, reaches, refusalOf } from "../support/builds.ts";
import { nextAsked, orderedSwarm, ordering, quietSwarm, TREE } from "../support/orderedSwarm.ts";

const options = { sync: true, dryRun: false, skipUnresolvable: false, autoFinalize: false, acceptFailed: false };
const by = { by: "ann" };
const world = { target: "desktop", atoms: ["@world"], options };

const orders = (access: Access, atoms: string[], order?: string): Promise<Ordered> =>
  startOrQueue(access, { target: "desktop", atoms, options, ...(order === undefined ? {} : { order }) });

async function publish(swarm: NoopSwarm): Promise<void> {
  await reaches(swarm, "gate");
  await swarm.current().executeUpdate(finalizeUpdate, { args: [by] });
}

async function cancel(swarm: NoopSwarm): Promise<void> {
  const answer = await swarm.current().executeUpdate(cancelUpdate, { args: [by] });
  expect(answer).toContain("; a run of what was queued begins after it");
}

test.each(["published", "cancelled"] as const)("what was ordered during a run begins when it is %s", async (ending) => {
  await using ordered = await orderedSwarm();
  const { swarm, access, asked, as } = ordered;
  const run = await startRun(access, world);
  const first = await orders(as("ann"), ["app-editors/vim"]);
  expect(first).toMatchObject({ outcome: "queued", run, queued: [{ atoms: ["app-editors/vim"], by: "ann" }] });
  expect(await orders(as("hook overlay"), ["@world"], "hook/overlay/1/d-1")).toMatchObject({ outcome: "queued" });
  expect(await orders(as("hook overlay"), ["@world"], "hook/overlay/1/d-1")).toMatchObject({ outcome: "already" });
  await orders(as("bob"), ["a/b"]);
  const special = startOrQueue(as("bob"), { ...world, options: { ...options, autoFinalize: true } });
  expect(await refusalOf(special)).toContain("without options: leave out auto finalize");
  expect(await refusalOf(orders(as("bob"), ["nonsense"]))).toContain("nonsense");
  await (ending === "published" ? publish : cancel)(swarm);

  const next = await nextAsked(asked, [run]);
  expect(next.atoms).toEqual(["app-editors/vim", "@world", "a/b"]);
  const { memo } = await swarm.current().describe();
  expect(memo).toMatchObject({
    run: next.run,
    startedBy: "ann, hook overlay, bob (queued)",
    order: `queued/${run}/1`,
    orders: ["hook/overlay/1/d-1"],
  });
  expect((await swarm.view()).queued).toBeUndefined();
  await until("both are listed", async () => (await listRuns(swarm.client, 10)).length === 2);
  const [, before] = await listRuns(swarm.client, 10);
  const events = await readEvents(swarm.client, worldUpdateId("desktop"), before?.executionId ?? null);
  const told = events.filter(({ kind }) => kind === "operator" || kind === "run").map(({ text }) => text);
  expect(told).toEqual([
    `${run} of desktop was started by ann`,
    "queued for after this run: app-editors/vim (ann)",
    "queued for after this run: @world (hook overlay)",
    "queued for after this run: @world (hook overlay)",
    "queued for after this run: a/b (bob)",
    expect.stringContaining(ending === "published" ? "gave finalize" : "cancelled the run"),
    "a run begins with what was queued: app-editors/vim (ann), @world (hook overlay), a/b (bob)",
    expect.stringContaining(ending === "published" ? "published as" : "ended: cancelled"),
  ]);
});

test("a run that fails leaves its queue to the next one", async () => {
  const resolving = Promise.withResolvers<PlanGraph>();
  await using ordered = await orderedSwarm({ plan: resolving.promise });
  const { swarm, access, asked } = ordered;
  const run = await startRun(access, world);
  await reaches(swarm, "resolve");
  await orders(access, ["a/b"]);
  resolving.reject(ApplicationFailure.nonRetryable("no such profile"));
  const next = await nextAsked(asked, [run]);
  expect(next.atoms).toEqual(["a/b"]);
  expect((await swarm.current().describe()).memo).toMatchObject({ run: next.run, startedBy: "ann (queued)" });
});

test("the queue goes along where a run continues as new; an empty list and a reset take it back", async () => {
  await using ordered = await orderedSwarm({ build: hang });
  const { swarm, access } = ordered;
  const run = await swarm.run({ run: "desktop-20261121-0101" });
  await reaches(swarm, "build");
  await orders(access, ["a/b"], "o-1");
  const view = await continuesAsNew(swarm, run, async () => true);
  expect(view.queued).toEqual([{ atoms: ["a/b"], by: "ann", at: expect.any(Number), orders: ["o-1"] }]);
  expect(await orders(access, ["a/b"], "o-1")).toMatchObject({ outcome: "already" });
  const current = swarm.current();
  for (const bad of [null, {}, { atoms: "a/b" }, { atoms: [5] }, { atoms: ["-x"] }, { atoms: ["a b"] }]) {
    expect(await refusalOf(current.executeUpdate("queue", { args: [bad] }))).toContain("atoms must be a list");
  }
  await current.signal(queueSignal, { atoms: ["c/d"] });
  await until("by signal", async () => (await swarm.view()).queued?.length === 2);
  expect(await clearQueue(access, "desktop")).toMatchObject([{ atoms: ["a/b"] }, { atoms: ["c/d"], by: "the Web UI" }]);
  expect((await swarm.view()).queued).toBeUndefined();
  expect(await clearQueue(access, "desktop")).toEqual([]);

  await orders(access, ["e/f"]);
  const steps: string[] = [];
  expect(await resetTarget(access, "desktop", (step) => steps.push(step))).toMatchObject({
    dropped: [{ atoms: ["e/f"], by: "ann" }],
  });
  expect(steps).toContain("what was queued for after it is dropped: e/f (ann)");
  await run.result();
  const nothing = swarm.client.workflow.getHandle(queuedStartId("desktop-20261121-0101", 1)).describe();
  await expect(nothing).rejects.toThrow("not found");
  expect(await startOrQueue(access, world)).toMatchObject({ outcome: "started" });
}, 180_000);

test("what is ordered while a reset ends the run begins after it, and is left alone by the reset", async () => {
  await using ordered = await orderedSwarm({ build: hang });
  const { swarm, access, asked } = ordered;
  const run = await startRun(access, world);
  await reaches(swarm, "build");
  await orders(access, ["a/b"]);
  const resetting = resetTarget(access, "desktop", () => {});
  await until("it is being cancelled", async () => {
    const events = await readEvents(swarm.client, worldUpdateId("desktop"), null);
    return events.some(({ text }) => text.startsWith("ann reset the run"));
  });
  await orders(access, ["c/d"]);
  const next = await nextAsked(asked, [run]);
  expect(await resetting).toMatchObject({ cancelled: run, terminated: false, dropped: [{ atoms: ["a/b"] }] });
  expect(next.atoms).toEqual(["c/d"]);
  await reaches(swarm, "build");
  const { status, memo } = await swarm.current().describe();
  expect({ status: status.name, run: memo?.run }).toEqual({ status: "RUNNING", run: next.run });
});

test("orders that race with the ends of runs: each is carried out, and once", async () => {
  await using ordered = await orderedSwarm();
  const { swarm, access, asked } = ordered;
  await startRun(access, world);
  await reaches(swarm, "gate");
  const given: string[] = [];
  const people = Array.from({ length: 6 }, async (_, person) => {
    // As fast as they can, over the ends of several runs.
    for (let number = 0; asked.length < 4; number++) {
      const atom = `a/p${person}-of${number}`;
      given.push(atom);
      await orders({ ...access, by: `somebody ${person}` }, [atom]);
    }
  });
  const carriedOut = (): string[] => asked.flatMap(({ atoms }) => atoms).filter((atom) => atom !== "@world");
  const isCarriedOut = async (): Promise<boolean> => {
    const { memo, runId } = await swarm.current().describe();
    const latest = swarm.client.workflow.getHandle(worldUpdateId("desktop"), runId);
    // Every other run is cancelled; all of them when their resolver knows what they are for.
    const update = asked.length % 2 === 0 ? cancelUpdate : finalizeUpdate;
    if (memo?.run === asked.at(-1)?.run) await latest.executeUpdate(update.name, { args: [by] }).catch(() => {});
    return asked.length >= 4 && new Set(carriedOut()).size === given.length;
  };
  await until("each is carried out", isCarriedOut, { ms: 100_000 });
  await Promise.all(people);
  expect(carriedOut().sort()).toEqual(given.sort());
});

test("somebody was faster than what begins the next run: it is queued there, without what that run was started for", async () => {
  await using ordered = await orderedSwarm({ build: hang });
  const { swarm, access } = ordered;
  const { startQueued } = createQueuedActivities(swarm.client, await access.config(), TOKEN);
  const run = await startRun(access, { ...world, order: "d-1" });
  const queued = [
    { atoms: ["@world"], by: "hook overlay", at: 1, orders: ["d-1"] },
    { atoms: ["a/b"], by: "bob", at: 2 },
  ];
  const start = { target: "desktop", after: "desktop-20261121-0101", queued, id: "queued/x/1" };
  expect(await startQueued(start)).toEqual({ outcome: "queued", run });
  expect(await startQueued(start)).toEqual({ outcome: "queued", run });
  expect((await swarm.view()).queued).toMatchObject([{ atoms: ["a/b"], by: "bob" }]);
  expect(await startQueued({ ...start, queued: queued.slice(0, 1) })).toEqual({ outcome: "already", run });
  expect(await refusalOf(startQueued({ ...start, after: run }))).toContain(ENDS_SOON);
  expect(await refusalOf(startQueued({ ...start, queued: [{ atoms: ["a//b"], by: "x", at: 1 }] }))).toContain("a//b");
  await swarm.current().executeUpdate(cancelUpdate, { args: [{ ...by, dropQueued: true }] });
  await reaches(swarm, "cancelled");
  const next = await startQueued(start);
  expect(next.outcome).toBe("started");
  // Its answer was lost with an orchestrator: asked again at once, and when that has ended.
  expect(await startQueued(start)).toEqual(next);
  await until("it is listed", async () => (await listRuns(swarm.client, 10)).some((each) => each.run === next.run));
  await swarm.current().executeUpdate(cancelUpdate, { args: [by] });
  await reaches(swarm, "cancelled");
  expect(await startQueued(start)).toEqual(next);
});

test("the orchestrator is killed between a run's end and the begin of the next: another one begins it; until then it is seen", async () => {
  const swarm = await quietSwarm();
  await using access = await accessTo(swarm, TREE);
  await using _stopped = swarm;
  const env = {
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: swarm.namespace,
    SWARM_CONFIG: access.configFile,
  };
  const killed = spawnSwarm(["orchestrator"], env, access.directory);
  const asked = await ordering(swarm, access, { config: null, plan: wide(1) });
  const run = await startRun(access, world);
  await reaches(swarm, "gate");
  await orders(access, ["a/b"]);
  await access.stopBinhost();
  await swarm.current().executeUpdate(finalizeUpdate, { args: [by] });
  const waiting = await until("the start fails", async () => {
    const reading = await read(access);
    return reading.run?.reason?.includes("the next run cannot begin yet") && reading;
  });
  expect(waiting.run).toMatchObject({ run, step: "done", queued: [{ atoms: ["a/b"] }] });
  killed.kill("SIGKILL");
  await killed;
  await access.startBinhost();
  const other = spawnSwarm(["orchestrator"], env, access.directory);
  expect(nextAction({ ...(await read(access)), run: waiting.run }).situation[0]).toContain("a/b (ann)");
  const next = await nextAsked(asked, [run]);
  expect(next.atoms).toEqual(["a/b"]);
  other.kill("SIGTERM");
  await other;
});

test("a full queue refuses, and says how full it is", async () => {
  await using ordered = await orderedSwarm({ build: hang });
  const { swarm, access } = ordered;
  await startRun(access, world);
  await reaches(swarm, "build");
  const many = Array.from({ length: 1_000 }, (_, i) => `a/p${i}`);
  await orders(access, many);
  expect(await refusalOf(orders(access, ["b/c"]))).toContain("1000 atoms are queued, and 1000 can be");
  const answer = await swarm.current().executeUpdate(queueUpdate, { args: [{ ...by, atoms: ["a/p5"] }] });
  expect(answer.queued).toHaveLength(1);
});
