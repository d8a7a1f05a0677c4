import type { Client } from "@temporalio/client";
import { QUEUES } from "../model/activities.ts";
import { UserError, usageError } from "../model/errors.ts";
import type { BinhostClient } from "../store/client.ts";
import { FLEET_ID, type WorldUpdateInput, worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { checkAtoms } from "./atoms.ts";
import { latestRun, listRuns, type RunMemo } from "./runs.ts";

/** What an operator asks for. */
export interface RunRequest {
  target: string;
  /** `@world`, or the atoms given. */
  atoms: string[];
  options: WorldUpdateInput["options"];
  /** Of a request that may be repeated: the run that it has started is found again. */
  order?: string;
  /** Names of requests that were queued, and that this run is started for. */
  orders?: string[];
}

/** There is one run of a target at a time. */
export class RunInProgress extends UserError {
  readonly run: string;

  constructor(target: string, run: string) {
    super(`a run of ${target} is in progress (${run}): swarm status`);
    this.run = run;
  }
}

/** UserError: what somebody asks for is no run. */
export function checkRequest({ atoms, options }: Pick<RunRequest, "atoms" | "options">): void {
  if (options.acceptFailed && !options.autoFinalize) {
    throw usageError("--accept-failed goes with --auto-finalize; by hand it is: swarm finalize --accept-failed");
  }
  if (options.dryRun && options.autoFinalize) {
    throw usageError("--dry-run builds nothing: it does not go with --detach or --auto-finalize");
  }
  checkAtoms(atoms);
}

/**
 * Starts a run and makes sure that the fleet runs. Returns the run's id.
 * @throws UserError: one is in progress already, or what is asked for is none
 */
export async function startRun(access: Access, request: RunRequest): Promise<string> {
  checkRequest(request);
  const { target, atoms, options, order, orders } = request;
  const [config, client, binhost] = await Promise.all([access.config(), access.client(), access.binhost()]);
  if (config.trees.length === 0) {
    const { file } = await access.loadedConfig();
    throw usageError(`${file ?? "swarm.toml"}: no [[tree]] is configured: a run needs at least one package tree`);
  }
  await startFleet(client);
  const now = new Date();
  const run = await newRunId(client, binhost, target, now);
  const input: WorldUpdateInput = {
    run,
    target,
    atoms,
    trees: config.trees,
    binhost: config.binhost.name,
    noOutputSeconds: config.build.noOutputMinutes * 60,
    limits: config.scheduler,
    options,
    startedBy: access.by,
  };
  const memo: RunMemo = {
    ...{ run, startedBy: access.by, startedAt: now.getTime() },
    ...(order === undefined ? {} : { order }),
    ...(orders?.length ? { orders } : {}),
  };
  try {
    await client.workflow.start("worldUpdate", {
      workflowId: worldUpdateId(target),
      taskQueue: QUEUES.orchestrator,
      workflowIdConflictPolicy: "FAIL",
      args: [input],
      memo,
      staticSummary: `update of ${target}: ${run}`,
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WorkflowExecutionAlreadyStartedError") throw error;
    const latest = await latestRun(client, target);
    if (latest && order !== undefined && latest.orders.includes(order)) return latest.run;
    if (latest?.isInProgress) throw new RunInProgress(target, latest.run);
    // It has ended since.
    return startRun(access, request);
  }
  return run;
}

/** The fleet workflow runs, whoever started it. */
export async function startFleet(client: Client): Promise<void> {
  await client.workflow.start("fleet", {
    workflowId: FLEET_ID,
    taskQueue: QUEUES.orchestrator,
    workflowIdConflictPolicy: "USE_EXISTING",
    staticSummary: "the drones of this swarm",
  });
}

/**
 * `<target>-YYYYMMDD-HHMM` in UTC, with `-2`, `-3`... where the binhost or the engine knows a run of that name. Of two
 * that choose the same at the same time only one starts: a target has one run at a time.
 */
async function newRunId(client: Client, binhost: BinhostClient, target: string, now: Date): Promise<string> {
  const [staging, snapshots, runs] = await Promise.all([
    binhost.stagingRuns(),
    binhost.snapshots(target),
    listRuns(client, 50),
  ]);
  return uniqueRunId(target, now, new Set([...staging, ...[...snapshots, ...runs].map(({ run }) => run)]));
}

/** See newRunId; `taken` are the ids that there were. */
export function uniqueRunId(target: string, now: Date, taken: ReadonlySet<string>): string {
  const [date = "", time = ""] = now.toISOString().split("T");
  const id = `${target}-${date.replaceAll("-", "")}-${time.slice(0, 5).replace(":", "")}`;
  if (!taken.has(id)) return id;
  let number = 2;
  while (taken.has(`${id}-${number}`)) number++;
  return `${id}-${number}`;
}
