import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Client,
  Connection,
  type WorkflowHandleWithFirstExecutionRunId,
  WorkflowIdConflictPolicy,
} from "@temporalio/client";
import { msToTs } from "@temporalio/common/lib/time.js";
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { createOrchestratorActivities } from "../../activities/orchestrator/activities.ts";
import { resolveConfig, surroundingsOf } from "../../config/defaults.ts";
import type { SwarmConfig } from "../../config/schema.ts";
import { dataConverter } from "../../connection/codec.ts";
import { QUEUES } from "../../model/activities.ts";
import type { FleetView } from "../../model/fleet.ts";
import type { PlanGraph } from "../../model/plan.ts";
import type { RunView } from "../../model/run.ts";
import { SEARCH_ATTRIBUTES } from "../../model/searchAttributes.ts";
import {
  FLEET_ID,
  fleetQuery,
  runQuery,
  type WorldUpdateInput,
  type WorldUpdateResult,
  worldUpdateId,
} from "../../workflows/messages.ts";
import { BINHOST, NoopBinhost } from "./binhost.ts";
import { type NoopContext, NoopDrone, type NoopDroneOptions } from "./drone.ts";
import { resolved } from "./plan.ts";

export type RunHandle = WorkflowHandleWithFirstExecutionRunId<(input: WorldUpdateInput) => Promise<WorldUpdateResult>>;

export interface NoopSwarmOptions {
  /** Of the Temporal server's front end, `host:port`. */
  address: string;
  /** File of the workflow bundle. */
  bundle: string;
  /** Drones to start with. */
  drones?: NoopDroneOptions[];
  /** What every drone's resolver answers. */
  plan?: PlanGraph;
  /** With the token of a swarm whose orchestrators are processes of their own: none runs here. */
  token?: string;
  /** Of the orchestrators here; absent: the defaults. */
  config?: SwarmConfig;
}

function defaultConfig(): SwarmConfig {
  return resolveConfig({}, surroundingsOf(process.env, tmpdir()));
}

/** What a drone in a process of its own is told. */
export interface DroneProcessOptions {
  address: string;
  namespace: string;
  token: string;
  drone: { name: string; cores?: number; slots?: number };
  /** How long a build takes, null: for ever. ms */
  buildMs: number | null;
  plan: PlanGraph;
}

/**
 * A swarm in a namespace of its own, with the real workflows on a real server. Drones and binhost are simulated:
 * builds, uploads and publishes are no-ops with outcomes that a script chooses.
 */
export class NoopSwarm {
  readonly namespace: string;
  readonly client: Client;
  readonly binhost = new NoopBinhost();
  readonly context: NoopContext;
  readonly #connection: Connection;
  readonly #options: NoopSwarmOptions;
  readonly #drones: NoopDrone[] = [];
  readonly #processes: ChildProcess[] = [];
  readonly orchestrators: { stop: () => Promise<void> }[] = [];

  private constructor(options: NoopSwarmOptions, connection: Connection, context: NoopContext) {
    this.#options = options;
    this.#connection = connection;
    this.namespace = context.namespace;
    this.context = context;
    this.client = new Client({ connection, namespace: context.namespace, dataConverter });
  }

  static async start(options: NoopSwarmOptions): Promise<NoopSwarm> {
    quietRuntime();
    const connection = await Connection.connect({ address: options.address });
    const namespace = `noop-${randomBytes(6).toString("hex")}`;
    await createNamespace(connection, namespace);
    const native = await NativeConnection.connect({ address: options.address });
    const token = options.token ?? randomBytes(16).toString("hex");
    const swarm = new NoopSwarm(options, connection, { connection: native, namespace, token, dataConverter });
    if (!options.token) await swarm.startOrchestrator();
    await swarm.client.workflow.start("fleet", {
      workflowId: FLEET_ID,
      taskQueue: QUEUES.orchestrator,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
    await swarm.binhost.start(swarm.context);
    for (const drone of options.drones ?? []) await swarm.addDrone(drone);
    return swarm;
  }

  /** One more orchestrator worker. */
  async startOrchestrator(config = this.#options.config ?? defaultConfig()): Promise<void> {
    const { connection, namespace } = this.context;
    const worker = await Worker.create({
      connection,
      namespace,
      dataConverter,
      taskQueue: QUEUES.orchestrator,
      workflowBundle: { codePath: this.#options.bundle },
      activities: createOrchestratorActivities(this.client, this.context.token, config),
      maxCachedWorkflows: 200,
      stickyQueueScheduleToStartTimeout: "2s",
      shutdownForceTime: "5s",
    });
    const running = worker.run().catch(() => {});
    const stop = async (): Promise<void> => {
      if (worker.getState() === "RUNNING") worker.shutdown();
      await running;
    };
    this.orchestrators.push({ stop });
  }

  /** Starts a drone in this process. Its resolver answers with the swarm's plan unless told otherwise. */
  async addDrone(options: NoopDroneOptions): Promise<NoopDrone> {
    const plan = this.#options.plan ?? { packages: [] };
    const drone = new NoopDrone(this.context, { resolve: () => resolved(plan), ...options });
    this.#drones.push(drone);
    await drone.start();
    return drone;
  }

  /** Starts a drone in a process of its own, which can be killed. */
  async addDroneProcess(drone: DroneProcessOptions["drone"], buildMs: number | null): Promise<ChildProcess> {
    const { namespace, token } = this.context;
    const { address, plan = { packages: [] } } = this.#options;
    const options: DroneProcessOptions = { address, namespace, token, drone, buildMs, plan };
    const child = fork(join(import.meta.dirname, `droneMain${extname(import.meta.filename)}`));
    child.send(options);
    this.#processes.push(child);
    await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error(`drone ${drone.name} ended before it was ready`))),
    ]);
    return child;
  }

  /** Starts a run. */
  async run(
    change: Partial<Omit<WorldUpdateInput, "options">> & { options?: Partial<WorldUpdateInput["options"]> } = {},
  ) {
    const input: WorldUpdateInput = {
      run: `desktop-${randomBytes(4).toString("hex")}`,
      target: "desktop",
      atoms: ["@world"],
      trees: [{ name: "demo", sync: "git", uri: "git://example.invalid/demo" }],
      binhost: BINHOST,
      noOutputSeconds: 3600,
      startedBy: "a test",
      ...change,
      options: {
        sync: true,
        dryRun: false,
        skipUnresolvable: false,
        autoFinalize: false,
        acceptFailed: false,
        ...change.options,
      },
    };
    return (await this.client.workflow.start("worldUpdate", {
      workflowId: worldUpdateId(input.target),
      taskQueue: QUEUES.orchestrator,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      staticSummary: `update of ${input.target}`,
      args: [input],
    })) as RunHandle;
  }

  async fleet(): Promise<FleetView> {
    return await this.client.workflow.getHandle(FLEET_ID).query(fleetQuery);
  }

  /** The current run of a target, whichever run of the workflow it is in. */
  current(target = "desktop") {
    return this.client.workflow.getHandle(worldUpdateId(target));
  }

  async view(target = "desktop"): Promise<RunView> {
    return await this.current(target).query(runQuery);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) child.kill("SIGKILL");
    await Promise.all(this.#drones.map((drone) => drone.stop()));
    await this.binhost.stop();
    for (const orchestrator of this.orchestrators) await orchestrator.stop();
    await this.context.connection.close();
    await this.#connection.close();
  }
}

let quiet = false;

/** The SDK's own remarks about workers that tests stop hard would bury everything else. */
export function quietRuntime(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({
    logger: new DefaultLogger("ERROR"),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: "ERROR", other: "ERROR" }) } },
    shutdownSignals: [],
  });
}

async function createNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs("1 day"),
  });
  // IndexedValueType KEYWORD.
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, 2]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

/** Polls a condition until it holds. @throws with `what` after the deadline. */
export async function until<T>(
  what: string,
  test: () => Promise<T | null | undefined | false>,
  { ms = 60_000, every = 50 } = {},
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const result = await test();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`after ${ms / 1000} s still not: ${what}`);
    await sleep(every);
  }
}
