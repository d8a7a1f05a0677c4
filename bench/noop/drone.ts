import { setTimeout as sleep } from "node:timers/promises";
import { CompleteAsyncError, Context } from "@temporalio/activity";
import { Client } from "@temporalio/client";
import { ApplicationFailure, type DataConverter } from "@temporalio/common";
import { type NativeConnection, Worker } from "@temporalio/worker";
import { enrolRequest } from "../../activities/orchestrator/credential.ts";
import {
  type DroneBuildActivities,
  type DroneControlActivities,
  QUEUES,
  type ResolveRequest,
  type ResolveResult,
} from "../../model/activities.ts";
import type { BuildOrder, BuiltArtifact } from "../../model/build.ts";
import type { BuildFailure } from "../../model/failures.ts";
import type { DroneFacts } from "../../model/fleet.ts";
import { Attendance } from "../../workers/attendance.ts";
import { buildsTaken } from "../../workers/serveDrone.ts";
import { type EnrolAnswer, enrolUpdate, FLEET_ID } from "../../workflows/messages.ts";

/** A build that is none: returns when it is "built", throws `failed(...)` when it is not. */
export type NoopBuild = (order: BuildOrder, drone: string, signal: AbortSignal) => Promise<void>;

export interface NoopDroneOptions {
  name: string;
  /** The machine's id; by default one that belongs to the name. */
  id?: string;
  cores?: number;
  slots?: number;
  /** ms that its clock is ahead. */
  skew?: number;
  /** The tree that it has after a sync, given the one that is asked for. */
  tree?: (pin: string | null) => string;
  build?: NoopBuild;
  /** Whether a build that runs compiles already; absent: it does. */
  compiling?: (order: BuildOrder) => boolean | Promise<boolean>;
  resolve?: (request: ResolveRequest) => ResolveResult | Promise<ResolveResult>;
}

/** Where a simulated role works. */
export interface NoopContext {
  connection: NativeConnection;
  namespace: string;
  token: string;
  dataConverter: DataConverter;
}

export const TREE = "git:0123456789abcdef0123456789abcdef01234567";
const HEARTBEAT_MS = 1_000;
/** As the real drone: enrols again when nobody attends it for so long. ms */
const UNATTENDED_MS = 10_000;

/** The error that a drone's build throws for a failed build. */
export function failed(kind: BuildFailure["class"], message = `${kind} trouble`): ApplicationFailure {
  const failure: BuildFailure = { class: kind, message };
  return ApplicationFailure.create({ message, type: kind, nonRetryable: true, details: [failure] });
}

/** What any build of a package gives here. */
export function artifactOf(order: BuildOrder, adopted = false): BuiltArtifact {
  const sha256 = "a".repeat(64);
  return { cpv: order.cpv, buildId: 1, size: 4096, sha256, prepareSeconds: 0, buildSeconds: 0, adopted };
}

/**
 * A drone whose builds are no-ops: the one thing that is simulated. Its queues, heartbeats, attendance and enrolment are
 * those of a real drone.
 */
export class NoopDrone {
  readonly name: string;
  readonly #context: NoopContext;
  readonly #options: NoopDroneOptions;
  readonly #attendance: Attendance;
  readonly #workers: Worker[] = [];
  readonly #running: Promise<unknown>[] = [];
  readonly #stopped = new AbortController();

  constructor(context: NoopContext, options: NoopDroneOptions) {
    this.name = options.name;
    this.#context = context;
    this.#options = options;
    this.#attendance = new Attendance(async () => this.#facts(), 0);
  }

  /** Starts polling, then enrols; keeps enrolling when the fleet has forgotten it. */
  async start(): Promise<void> {
    const { name } = this;
    const { connection, namespace, dataConverter } = this.#context;
    const common = {
      connection,
      namespace,
      dataConverter,
      maxHeartbeatThrottleInterval: "1s",
      defaultHeartbeatThrottleInterval: "1s",
      shutdownGraceTime: "1s",
      shutdownForceTime: "2s",
    } as const;
    const { build, ...control } = noopActivities(this.#options);
    this.#workers.push(
      await Worker.create({
        ...common,
        taskQueue: QUEUES.build(name),
        activities: { build },
        maxConcurrentActivityTaskExecutions: buildsTaken(this.#options.slots ?? 2),
      }),
      await Worker.create({
        ...common,
        taskQueue: QUEUES.control(name),
        activities: { ...control, attend: this.#attendance.attend },
        maxConcurrentActivityTaskExecutions: 32,
      }),
    );
    for (const worker of this.#workers) this.#running.push(worker.run().catch(() => {}));
    const answer = await this.enrol();
    if (!answer.accepted) throw new Error(`refused: ${answer.reason}`);
    this.#running.push(this.#keepEnrolled());
  }

  async enrol(): Promise<EnrolAnswer> {
    const { connection, namespace, dataConverter, token } = this.#context;
    const client = new Client({ connection, namespace, dataConverter });
    const args: [ReturnType<typeof enrolRequest>] = [enrolRequest(token, await this.#attendance.tell())];
    return await client.workflow.getHandle(FLEET_ID).executeUpdate(enrolUpdate, { args });
  }

  /** Says goodbye and stops, as on SIGTERM. */
  async stop(): Promise<void> {
    this.#attendance.leave();
    await sleep(200);
    this.#stopped.abort();
    for (const worker of this.#workers) if (worker.getState() === "RUNNING") worker.shutdown();
    await Promise.all(this.#running);
  }

  async #keepEnrolled(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await sleep(1_000, undefined, { signal }).catch(() => {});
      if (signal.aborted || this.#attendance.unattendedFor() < UNATTENDED_MS) continue;
      await this.enrol().catch(() => {});
    }
  }

  readonly #facts = (): DroneFacts => noopFacts(this.#options);
}

const SAME = { portage: "3.0.83", chost: "x86_64-pc-linux-gnu", compiler: "gcc 14", libc: "glibc 2.40" };

/** What a simulated drone says of itself. */
export function noopFacts({
  name,
  id = `machine-of-${name}`,
  cores = 8,
  slots = 2,
  skew = 0,
}: NoopDroneOptions): DroneFacts {
  return {
    ...{ name, id, cores, slots, clock: Date.now() + skew },
    memoryBytes: 64e9,
    diskFreeBytes: 1e11,
    lowDiskBytes: 1e9,
    ...SAME,
  };
}

/** The activities of a drone whose builds are no-ops. */
export function noopActivities(
  options: NoopDroneOptions,
): DroneBuildActivities & Omit<DroneControlActivities, "attend"> {
  const { name, tree = (pin) => pin ?? TREE, build = async () => {}, compiling = () => true, resolve } = options;
  /** Attempts that were offered to it once: offered again, they are taken over. */
  const seen = new Set<string>();
  return {
    build: async (order) => {
      const id = `${order.run} ${order.cpv} ${order.attempt}`;
      const adopted = seen.has(id);
      seen.add(id);
      await beating((signal) => build(order, name, signal));
      return artifactOf(order, adopted);
    },
    syncTree: async ({ pin, bundle }) => ({ name, tree: tree(pin), treeTime: "2026-11-21T00:00:00Z", bundle, ...SAME }),
    resolvePlan: async (request) => {
      if (!resolve) throw new Error(`${name} was given no plan to resolve`);
      return await resolve(request);
    },
    upload: async () => {},
    discard: async () => {},
    isCompiling: async (order) => await compiling(order),
  };
}

/** Heartbeats on a timer, so that cancellation reaches a build that hangs. */
async function beating(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    await work(context.cancellationSignal);
  } catch (error) {
    const detached = context.cancellationSignal.aborted && !context.cancellationDetails?.cancelRequested;
    // As a real drone that stops: the engine is told nothing, and offers the build again.
    throw detached ? new CompleteAsyncError() : error;
  } finally {
    clearInterval(timer);
  }
}

/** A build that never ends by itself; only its cancellation ends it. */
export const hang: NoopBuild = (_order, _drone, signal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
