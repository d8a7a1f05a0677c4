import { setTimeout as sleep } from "node:timers/promises";
import type { Client, WorkflowExecutionDescription } from "@temporalio/client";
import type { QueryDefinition } from "@temporalio/common";
import { QUEUES } from "../model/activities.ts";
import { messageOf, Unanswered, UserError } from "../model/errors.ts";

/** An update that no orchestrator takes for so long has nobody to take it. ms */
const ACCEPT_WITHIN_MS = 20_000;
/** One that was started just now has this long to ask for its first work. ms */
const APPEAR_WITHIN_MS = 3_000;
/** So long an orchestrator may take to answer a query of a verb that shows nothing without it. ms */
const ANSWER_WITHIN_MS = 10_000;
/** A worker's pause between two polls is at most a minute; one that was silent for longer is gone. ms */
const POLL_MS = 65_000;
/** A worker that missed so many heartbeats was killed. */
const MISSED_HEARTBEATS = 3;

/** The workflow that something was meant for does not run. */
export class NotRunning extends UserError {}

/**
 * Sends an update to a workflow and waits for its outcome.
 * @param missing what to say where that workflow does not run
 * @throws NotRunning; Unanswered; WorkflowUpdateFailedError where it is refused (report.ts prints the reason)
 */
export async function sendUpdate<Answer>(
  client: Client,
  workflowId: string,
  update: string,
  argument: Record<string, unknown>,
  missing: string,
): Promise<Answer> {
  const { WorkflowNotFoundError, WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateStage } = await import(
    "@temporalio/client"
  );
  const handle = client.workflow.getHandle(workflowId);
  // Sent, it would wait in the engine, and be done when nobody expects it any more.
  if (!(await orchestratorAppears(client))) throw new Unanswered(`no orchestrator is running. ${START_ONE}`);
  let isTaken = false;
  try {
    const started = await client.withDeadline(Date.now() + ACCEPT_WITHIN_MS, () =>
      handle.startUpdate<Answer, [Record<string, unknown>]>(update, {
        args: [argument],
        waitForStage: WorkflowUpdateStage.ACCEPTED,
      }),
    );
    isTaken = true;
    return await started.result();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new NotRunning(missing);
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
      const fate = isTaken ? "It was taken" : "It may still be taken";
      throw new Unanswered(`${await whoIsSilent(client)}. ${fate}: look before it is repeated: swarm status`);
    }
    throw error;
  }
}

/**
 * Asks a workflow for what a verb shows.
 * @throws Unanswered; WorkflowNotFoundError where there is no such workflow
 */
export async function askWorkflow<Answer, Args extends unknown[]>(
  client: Client,
  workflowId: string,
  query: QueryDefinition<Answer, Args>,
  ...args: Args
): Promise<Answer> {
  try {
    return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      client.workflow.getHandle(workflowId).query(query, ...args),
    );
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    throw new Unanswered(await whoIsSilent(client));
  }
}

const START_ONE = "Start one: swarm up (or swarm orchestrator)";
/** So long an engine may take that is asked for nothing but whether it is there. ms */
const ALIVE_WITHIN_MS = 2_000;
/** gRPC's DEADLINE_EXCEEDED, and FAILED_PRECONDITION: nobody has asked for work of late. */
const UNANSWERED = [4, 9];

/** The first cause of an error, in words. */
export function rootOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return messageOf(root);
}

/** Whether a query failed because no orchestrator answered it. */
export function isUnanswered(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ("code" in each && typeof each.code === "number" && UNANSWERED.includes(each.code)) return true;
  }
  return false;
}

/** Who it was that did not answer a question, in words. */
async function whoIsSilent(client: Client): Promise<string> {
  return await client
    .withDeadline(Date.now() + ALIVE_WITHIN_MS, () => client.workflowService.getSystemInfo({}))
    .then(
      () => `no orchestrator answers. ${START_ONE}`,
      () => "the engine does not answer. Start it: swarm up (or swarm dev-server start)",
    );
}

async function orchestratorAppears(client: Client): Promise<boolean> {
  const deadline = Date.now() + APPEAR_WITHIN_MS;
  while ((await countOrchestrators(client, QUEUES.orchestrator)) === 0) {
    if (Date.now() > deadline) return false;
    await sleep(200);
  }
  return true;
}

/**
 * How many orchestrators ask for work: processes that polled the queue of the workflows of late, without those whose
 * heartbeats have ended since.
 */
export async function countOrchestrators(client: Client, queue: string): Promise<number> {
  const { namespace } = client.options;
  const [{ pollers }, silent] = await Promise.all([
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: queue },
      taskQueueType: 1, // TASK_QUEUE_TYPE_WORKFLOW
    }),
    silentWorkers(client, queue),
  ]);
  const since = Date.now() - POLL_MS;
  const alive = (pollers ?? []).filter((poller) => Number(poller.lastAccessTime?.seconds ?? 0) * 1000 >= since);
  return new Set(alive.flatMap(({ identity }) => (identity && !silent.has(identity) ? [identity] : []))).size;
}

/** Identities of workers whose heartbeats have stopped. None where the engine keeps no heartbeats: not every one does. */
async function silentWorkers(client: Client, queue: string): Promise<Set<string>> {
  const query = `TaskQueue = "${queue}"`;
  const { namespace } = client.options;
  const listed = await client.workflowService.listWorkers({ namespace, query }).catch(() => null);
  const silent = (listed?.workersInfo ?? []).flatMap(({ workerHeartbeat }) => {
    const { workerIdentity, heartbeatTime, elapsedSinceLastHeartbeat } = workerHeartbeat ?? {};
    const interval = Number(elapsedSinceLastHeartbeat?.seconds ?? 0);
    // A worker that has sent but one has no interval yet.
    if (!workerIdentity || interval === 0) return [];
    const age = Date.now() / 1000 - Number(heartbeatTime?.seconds ?? 0);
    return age > MISSED_HEARTBEATS * interval ? [workerIdentity] : [];
  });
  return new Set(silent);
}

/** An activity of a workflow that runs or waits, with what it sent with its last heartbeat. */
export interface PendingActivity {
  id: string;
  type: string;
  details: unknown;
  /** Why its last try failed; null: it is at its first one. */
  problem: string | null;
}

export async function pendingActivities(client: Client, workflowId: string): Promise<PendingActivity[]> {
  return activitiesOf(client, await client.workflow.getHandle(workflowId).describe());
}

/** As `pendingActivities`, of what was asked for already. */
export async function activitiesOf(client: Client, { raw }: WorkflowExecutionDescription): Promise<PendingActivity[]> {
  const { decodeArrayFromPayloads } = await import("@temporalio/common/lib/internal-non-workflow/codec-helpers.js");
  return Promise.all(
    (raw.pendingActivities ?? []).map(async ({ activityId, activityType, heartbeatDetails, lastFailure }) => {
      const [details] = await decodeArrayFromPayloads(client.options.loadedDataConverter, heartbeatDetails?.payloads);
      const problem = lastFailure?.message || null;
      return { id: activityId ?? "", type: activityType?.name ?? "", details, problem };
    }),
  );
}
