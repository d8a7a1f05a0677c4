import type { Client } from "@temporalio/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { pkg } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import type { RunEvent } from "../../model/events.ts";
import { readEvents } from "../../watch/eventLog.ts";
import { followRun } from "../../watch/follower.ts";
import type { Change } from "../../watch/live.ts";
import { Watcher } from "../../watch/watcher.ts";
import { cancelUpdate, pauseUpdate, resumeSignal, resumeUpdate, worldUpdateId } from "../../workflows/messages.ts";
import { accessTo } from "../support/access.ts";
import { Builds, held, reaches } from "../support/builds.ts";
import { lowLimitSwarm } from "../support/lowLimitServer.ts";

/** ... of an execution, more or less. */
const MOST_EVENTS = 100;
const ID = worldUpdateId("desktop");
const FORGOTTEN = "what happened before this is no longer kept by the engine";
const texts = (events: readonly RunEvent[]): string[] => events.map(({ text }) => text);
const idOf = async (swarm: NoopSwarm): Promise<string> => (await swarm.current().describe()).runId;

/** A run that is held in its first build, and the ids of its executions up to now. */
async function longRun(executions: number) {
  const builds = new Builds();
  const { build, release } = held();
  builds.become(build);
  const swarm = await lowLimitSwarm(MOST_EVENTS, {
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0])] },
    drones: [{ name: "izar", build: builds.build }],
  });
  await swarm.run({ run: "long-1" });
  await until("the first build", async () => (await swarm.view()).counts.delegated === 1);
  const ids = [await idOf(swarm)];
  while (ids.length < executions) {
    await until("it continues as new", async () => {
      await Promise.all(Array.from({ length: 5 }, () => swarm.current().signal(resumeSignal)));
      return (await idOf(swarm)) !== ids.at(-1);
    });
    ids.push(await idOf(swarm));
  }
  return { swarm, release, ids };
}

/** As the engine does by itself once an execution is past its retention. */
async function forget({ client }: NoopSwarm, runId: string): Promise<void> {
  const execution = { workflowId: ID, runId };
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: execution });
  await until("it is forgotten", () =>
    client.workflowService.getWorkflowExecutionHistory({ namespace, execution }).then(
      () => false,
      () => true,
    ),
  );
}

/** Follows a run, and what it heard. */
function following(client: () => Promise<Client>) {
  const events: RunEvent[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const done = followRun(client, { workflowId: ID, runId: null }, stop.signal, (more) => void events.push(...more));
  return { events, stop, done };
}

describe("executions that the engine has forgotten", () => {
  test("the log begins with the first one that is kept and says so, whether the middle or the beginning is gone; who followed before misses nothing", async () => {
    const { swarm, release, ids } = await longRun(3);
    const [first = "", second = ""] = ids;
    const follower = following(async () => swarm.client);
    const whole = await readEvents(swarm.client, ID, null);
    expect(whole[0]?.text).toBe("long-1 of desktop was started by a test");

    await forget(swarm, second);
    const holed = await readEvents(swarm.client, ID, null);
    const gap = holed.findIndex(({ text }) => text === FORGOTTEN);
    expect(gap).toBeGreaterThan(0);
    expect(holed[gap]).toMatchObject({ kind: "run" });
    const known = new Set(texts(whole));
    expect(holed.filter(({ text }) => !known.has(text))).toEqual([holed[gap]]);
    expect(whole).toEqual(expect.arrayContaining(holed.toSpliced(gap, 1)));

    await forget(swarm, first);
    const rest = await readEvents(swarm.client, ID, null);
    expect(rest).toEqual(holed.slice(gap));
    expect(rest.length).toBeGreaterThan(1);
    expect(await readEvents(swarm.client, ID, first)).toEqual([]);

    release();
    await reaches(swarm, "gate");
    await swarm.current().executeUpdate(cancelUpdate, { args: [{ by: "ann" }] });
    await follower.done;
    const after = await readEvents(swarm.client, ID, null);
    expect(after.slice(0, rest.length)).toEqual(rest);
    // Who had the build is forgotten with the execution that gave it away.
    expect(texts(after)).toContain("a/lib-1 is received");
    expect(new Set(follower.events.map(({ id }) => id)).size).toBe(follower.events.length);
    expect(follower.events.slice(0, whole.length)).toEqual(whole);
    expect(follower.events.at(-1)?.text).toBe("ended: cancelled");
    expect(texts(follower.events)).toContain("a/lib-1 is received from izar");
  });
});

/** A client between us and the real engine: some places in a history are not the ones that it gave. */
function spoiling(real: Client, isSpoilt: () => boolean): Client {
  const service = new Proxy(real.workflowService, {
    get: (target, name) => {
      if (name !== "getWorkflowExecutionHistory") return Reflect.get(target, name, target);
      return (request: Parameters<typeof target.getWorkflowExecutionHistory>[0]) => {
        const spoil = "nextPageToken" in request && request.nextPageToken && isSpoilt();
        return target.getWorkflowExecutionHistory(spoil ? { ...request, nextPageToken: Buffer.from("x") } : request);
      };
    },
  });
  return Object.create(real, { workflowService: { value: service } });
}

describe("a history that is read anew", () => {
  test("where the engine refuses its own place in it, nothing is told twice and nothing is lost", async () => {
    const { swarm, release } = await longRun(1);
    let spoilt = 0;
    const client = spoiling(swarm.client, () => spoilt++ % 2 === 0);
    const follower = following(async () => client);
    await until("it follows", async () => texts(follower.events).includes("step: build"));
    // Many times, as in a run of days: each is told before the next one happens.
    for (const reason of ["lunch", "tea", "supper", "sleep", "breakfast", "lunch again", "a walk"]) {
      await swarm.current().executeUpdate(pauseUpdate, { args: [{ by: "ann", reason }] });
      await until("the pause is told", async () => texts(follower.events).includes(`ann paused the run: ${reason}`));
      await swarm.current().executeUpdate(resumeUpdate, { args: [{ by: "ann" }] });
    }
    release();
    await swarm.current().executeUpdate(cancelUpdate, { args: [{ by: "ann" }] });
    await follower.done;
    expect(spoilt).toBeGreaterThan(10);
    expect(follower.events).toEqual(await readEvents(swarm.client, ID, null));
  });

  test("a run that was reset in the engine is followed on; what is void stands there, and that it is", async () => {
    const { swarm, release, ids } = await longRun(1);
    const follower = following(async () => swarm.client);
    await swarm.current().executeUpdate(pauseUpdate, { args: [{ by: "ann", reason: "void" }] });
    await until("it follows", async () => texts(follower.events).includes("ann paused the run: void"));
    const { events } = await swarm.current().fetchHistory();
    const at = (events ?? []).findLast((event) => {
      return event.workflowTaskCompletedEventAttributes && Number(event.eventId) < (events?.length ?? 0) - 8;
    });
    const { workflowService, options } = swarm.client;
    const { runId } = await workflowService.resetWorkflowExecution({
      ...{ namespace: options.namespace, workflowExecution: { workflowId: ID, runId: ids[0] ?? "" } },
      ...{ reason: "a test", workflowTaskFinishEventId: at?.eventId ?? null, requestId: "reset" },
      resetReapplyExcludeTypes: [1, 2],
    });
    expect(runId).not.toBe(ids[0]);
    await until("the reset is told", async () => texts(follower.events).some((text) => text.startsWith("reset in")));
    release();
    await swarm.current().executeUpdate(cancelUpdate, { args: [{ by: "bert" }] });
    await until("the end is told", async () => texts(follower.events).includes("bert cancelled the run"));
    await follower.done;
    expect(follower.events.map(({ id }) => id)).toEqual(follower.events.map(({ id }) => id).toSorted());
    expect(new Set(follower.events.map(({ id }) => id)).size).toBe(follower.events.length);
    expect(follower.events).toEqual(await readEvents(swarm.client, ID, null));
  });

  test("a watcher whose run goes on in a history that it does not read asks for it again", async () => {
    const { swarm } = await longRun(1);
    await using access = await accessTo(swarm);
    const watcher = new Watcher(access, { log: () => {} });
    watcher.subscribe(() => {});
    watcher.start();
    const shown = (): string[] => texts(watcher.current()?.events ?? []);
    await until("it is followed", async () => shown().length > 0);
    await swarm.current().terminate("a test");
    await until("its end is told", async () => shown().includes("terminated in the engine: a test"));
    // As far as its name goes this is the same run.
    await swarm.run({ run: "long-1", startedBy: "bert" });
    await until("it is followed anew", async () => shown()[0] === "long-1 of desktop was started by bert");
    await watcher.stop();
  });

  test("a watcher that follows anew says which run that is, also where nothing of it has changed", async () => {
    const { swarm, release } = await longRun(1);
    release();
    // Where nothing happens, not even to its estimates.
    await reaches(swarm, "gate");
    await using access = await accessTo(swarm);
    const client = spoiling(swarm.client, () => true);
    const changes: Change[] = [];
    const watcher = new Watcher({ ...access, client: async () => client }, { log: () => {} });
    watcher.subscribe((change) => changes.push(change));
    watcher.start();
    const begins = (): number[] => changes.flatMap((it, i) => (it.type === "event" && it.full ? [i] : []));
    await until("it follows anew", async () => begins().length > 1);
    const [, second = 0] = begins();
    const readingIn = (some: readonly Change[]) => some.findLast((change) => change.type === "reading")?.reading;
    const known = readingIn(changes.slice(0, second));
    expect(known?.run?.run).toBe("long-1");
    const again = await until("the reading is told again", async () => readingIn(changes.slice(second)), {
      ms: 10_000,
    });
    expect({ ...again, at: 0 }).toEqual({ ...known, at: 0 });
    await watcher.stop();
  });
});
