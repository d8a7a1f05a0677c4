import type { WorkflowHandle } from "@temporalio/client";
import { describe, expect, test } from "vitest";
import type { NoopBuild } from "../../bench/noop/drone.ts";
import { wide } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import {
  cancelUpdate,
  FLEET_ID,
  packagesQuery,
  resumeSignal,
  unsubscribeSignal,
  whyQuery,
  worldUpdateId,
} from "../../workflows/messages.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const PACKAGES = 12;
const SLOTS = 4;
const ann = { by: "ann" };

/** Builds that run until they are let go one by one, and how many of each run there were at once. */
class HeldBuilds {
  readonly #running = new Map<string, (() => void)[]>();
  /** How many builds the run had with each that it started, in order. */
  readonly #levels = new Map<string, number[]>();
  #free = false;

  readonly build: NoopBuild = async ({ run }, _drone, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const running = this.#running.get(run) ?? [];
    this.#running.set(run, [...running, resolve]);
    this.#levels.set(run, [...this.levels(run), running.length + 1]);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (this.#free) resolve();
    try {
      await promise;
    } finally {
      this.#running.set(
        run,
        (this.#running.get(run) ?? []).filter((each) => each !== resolve),
      );
    }
  };

  running(run: string): number {
    return this.#running.get(run)?.length ?? 0;
  }

  levels(run: string): number[] {
    return this.#levels.get(run) ?? [];
  }

  /** Ends some builds of a run. */
  end(run: string, count: number): void {
    for (const resolve of this.#running.get(run)?.slice(0, count) ?? []) resolve();
  }

  /** Ends all builds, also those to come. */
  endAll(): void {
    this.#free = true;
    for (const run of this.#running.keys()) this.end(run, Number.POSITIVE_INFINITY);
  }

  /** Waits until the run has so many builds. */
  async reaches(run: string, count: number): Promise<void> {
    await until(`${count} builds of ${run}`, async () => this.running(run) === count);
  }
}

async function atGate(swarm: NoopSwarm, target: string): Promise<void> {
  await until(`${target} at the gate`, async () => (await swarm.view(target)).step === "gate");
}

/** Two runs that have half of izar each. */
async function halves(builds: HeldBuilds): Promise<NoopSwarm> {
  const drones = [{ name: "izar", slots: SLOTS, build: builds.build }];
  const swarm = await noopSwarm({ plan: wide(PACKAGES), drones });
  await swarm.run({ run: "a", target: "desktop" });
  await builds.reaches("a", SLOTS);
  await swarm.run({ run: "b", target: "server" });
  await builds.reaches("b", SLOTS / 2);
  builds.end("a", SLOTS / 2);
  await builds.reaches("a", SLOTS / 2);
  return swarm;
}

/** Ends a build of a run, and waits for the next one. Returns how many it has then. */
async function next(builds: HeldBuilds, run: string): Promise<number> {
  const before = builds.levels(run).length;
  builds.end(run, 1);
  return await until("the next build", async () => builds.levels(run)[before]);
}

/** How often packages of a target were tried. */
async function attempts(swarm: NoopSwarm, target: string): Promise<number[]> {
  return (await swarm.current(target).query(packagesQuery)).map((p) => p.attempts.length);
}

test("two runs of different targets share a drone: half for each, nothing lost; the last one has all of it again", async () => {
  const builds = new HeldBuilds();
  await using swarm = await noopSwarm({
    plan: wide(PACKAGES),
    drones: [{ name: "izar", slots: SLOTS, build: builds.build }],
  });
  await swarm.run({ run: "a", target: "desktop" });
  await builds.reaches("a", SLOTS);
  await swarm.run({ run: "b", target: "server" });
  // What the first run has begun goes on beside the second one's half.
  await builds.reaches("b", SLOTS / 2);
  expect(builds.running("a")).toBe(SLOTS);
  const before = builds.levels("a").length;
  for (let ended = 0; ended < 6; ended++) {
    builds.end("a", 1);
    const left = Math.max(SLOTS - 1 - ended, SLOTS / 2);
    await until("it is received", async () => (await swarm.view("desktop")).counts.received > ended);
    await builds.reaches("a", left);
  }
  const since = builds.levels("a").slice(before);
  expect(since).toEqual(since.map(() => SLOTS / 2));
  expect(since).toHaveLength(4);
  expect(builds.levels("b")).toEqual([1, 2]);
  const [why] = await swarm.current("server").query(whyQuery, []);
  expect(why?.why).toContain("used by another run");

  await swarm.current("desktop").executeUpdate(cancelUpdate, { args: [ann] });
  await builds.reaches("b", SLOTS);
  builds.endAll();
  await atGate(swarm, "server");
  expect(await attempts(swarm, "server")).toEqual(Array(PACKAGES).fill(1));
});

test("two runs that begin at the same time come to half each, and nothing is lost on the way", async () => {
  const builds = new HeldBuilds();
  await using swarm = await noopSwarm({
    plan: wide(PACKAGES),
    drones: [{ name: "izar", slots: SLOTS, build: builds.build }],
  });
  await Promise.all([swarm.run({ run: "a", target: "desktop" }), swarm.run({ run: "b", target: "server" })]);
  for (const run of ["a", "b"]) {
    await until(`half for ${run}`, async () => builds.running(run) >= SLOTS / 2);
  }
  // The first to ask may have had more for a moment.
  for (const run of ["a", "b"]) builds.end(run, builds.running(run) - SLOTS / 2);
  for (const run of ["a", "b"]) {
    await builds.reaches(run, SLOTS / 2);
    expect(await next(builds, run)).toBe(SLOTS / 2);
  }
  builds.endAll();
  await Promise.all([atGate(swarm, "desktop"), atGate(swarm, "server")]);
  for (const target of ["desktop", "server"]) {
    expect(await attempts(swarm, target)).toEqual(Array(PACKAGES).fill(1));
  }
});

test("beside a run that waits at its gate a second one gets everything", async () => {
  const builds = new HeldBuilds();
  await using swarm = await noopSwarm({
    plan: wide(SLOTS),
    drones: [{ name: "izar", slots: SLOTS, build: builds.build }],
  });
  await swarm.run({ run: "a", target: "desktop" });
  await builds.reaches("a", SLOTS);
  builds.end("a", SLOTS);
  await atGate(swarm, "desktop");
  await swarm.run({ run: "b", target: "server" });
  await builds.reaches("b", SLOTS);
});

describe.concurrent("two runs that have half each", () => {
  test("what a run that was terminated had is the other's, without anybody's help", async () => {
    const builds = new HeldBuilds();
    await using swarm = await halves(builds);
    await swarm.current("desktop").terminate("by hand");
    await builds.reaches("b", SLOTS);
  });

  test("the halves outlive that the fleet and a run continue as new", async () => {
    const builds = new HeldBuilds();
    await using swarm = await halves(builds);
    const renewed = async (workflowId: string, fill: (handle: WorkflowHandle) => Promise<void>): Promise<void> => {
      const handle = swarm.client.workflow.getHandle(workflowId);
      const { runId } = await handle.describe();
      await until(`${workflowId} continued as new`, async () => {
        await Promise.all(Array.from({ length: 20 }, () => fill(handle)));
        return (await handle.describe()).runId !== runId;
      });
    };
    await renewed(FLEET_ID, (fleet) => fleet.signal(unsubscribeSignal, { workflowId: "nobody" }));
    expect(await next(builds, "a")).toBe(SLOTS / 2);
    await renewed(worldUpdateId("desktop"), (run) => run.signal(resumeSignal));
    for (const run of ["a", "b"]) expect(await next(builds, run)).toBe(SLOTS / 2);
    builds.endAll();
    await Promise.all([atGate(swarm, "desktop"), atGate(swarm, "server")]);
  });
});
