import type { NoopBuild } from "../../bench/noop/drone.ts";
import { type NoopSwarm, type RunHandle, until } from "../../bench/noop/swarm.ts";
import type { BuildOrder } from "../../model/build.ts";
import type { PackageView, RunStep, RunView } from "../../model/run.ts";
import { packagesQuery, resumeSignal } from "../../workflows/messages.ts";

/** Builds that a test directs, and what was built where. */
export class Builds {
  readonly started: { cpv: string; attempt: number; drone: string; jobs: number }[] = [];
  #script: NoopBuild;

  constructor(script: NoopBuild = async () => {}) {
    this.#script = script;
  }

  readonly build: NoopBuild = async (order, drone, signal) => {
    this.started.push({ cpv: order.cpv, attempt: order.attempt, drone, jobs: order.jobs });
    await this.#script(order, drone, signal);
  };

  /** From now on builds go like this. */
  become(script: NoopBuild): void {
    this.#script = script;
  }

  /** The drones that were given a package, in order. */
  dronesOf(cpv: string): string[] {
    return this.started.filter((b) => b.cpv === cpv).map((b) => b.drone);
  }
}

/** A build that waits until the test lets it go. */
export function held(then: NoopBuild = async () => {}): { build: NoopBuild; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    release: resolve,
    build: async (order: BuildOrder, drone, signal) => {
      const stopped = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
      await Promise.race([promise, stopped]);
      await then(order, drone, signal);
    },
  };
}

/** Waits until the run is at a step. */
export async function reaches(swarm: NoopSwarm, step: RunStep, ms = 60_000): Promise<RunView> {
  return await until(
    `the step ${step}`,
    async () => {
      const view = await swarm.view();
      return view.step === step && view;
    },
    { ms },
  );
}

export async function packages(swarm: NoopSwarm): Promise<PackageView[]> {
  return await swarm.current().query(packagesQuery);
}

/** Resolves with the message of an expected error, its causes included. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const messages: string[] = [];
    for (let e: unknown = error; e instanceof Error; e = e.cause) messages.push(e.message);
    return messages.join(": ");
  }
  throw new Error("was not refused");
}

/** Fills a run's history with signals, once `when` holds, until the engine has it continue as new. */
export async function continuesAsNew(
  swarm: NoopSwarm,
  run: Pick<RunHandle, "firstExecutionRunId">,
  when: () => Promise<boolean>,
): Promise<RunView> {
  await until("the moment to continue", when);
  const current = swarm.current();
  const isNew = async (): Promise<boolean> => {
    await Promise.all(Array.from({ length: 20 }, () => current.signal(resumeSignal)));
    return (await current.describe()).runId !== run.firstExecutionRunId;
  };
  // Thousands of signals take their time on a busy machine.
  await until("continued as new", isNew, { ms: 100_000 });
  return await swarm.view();
}
