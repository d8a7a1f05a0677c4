import { setTimeout as sleep } from "node:timers/promises";
import type { Client, WorkflowHandle } from "@temporalio/client";
import { UserError } from "../model/errors.ts";
import { ENDS_SOON, type QueuedOrder } from "../model/orders.ts";
import type { RunView } from "../model/run.ts";
import { type QueueAnswer, worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { NotRunning, pendingActivities, rootOf, sendUpdate } from "./engine.ts";
import { latestRun } from "./runs.ts";
import { checkRequest, RunInProgress, type RunRequest, startRun } from "./startRun.ts";

/** What became of an order. */
export interface Ordered {
  /** `already`: its request has started that run, or is in its queue. */
  outcome: "started" | "queued" | "already";
  /** The run that it has started, or that it begins after. */
  run: string;
  /** All that is queued in that run. */
  queued: QueuedOrder[];
}

/** Runs end and begin while it is asked; so long it is tried to be in time. ms */
const IN_TIME_MS = 15_000;

/**
 * Starts a run, or queues it for after the one that is in progress: nothing that was ordered is lost, whatever ends or
 * begins meanwhile.
 * @throws UserError: something that cannot be queued, or an atom that is none
 */
export async function startOrQueue(access: Access, request: RunRequest): Promise<Ordered> {
  const { target, order } = request;
  // Also of what is queued: an atom that is none would stop what others have ordered.
  checkRequest(request);
  const client = await access.client();
  const deadline = Date.now() + IN_TIME_MS;
  for (;;) {
    const latest = await latestRun(client, target);
    try {
      if (!latest?.isInProgress) return { outcome: "started", run: await startRun(access, request), queued: [] };
      const { run, orders } = latest;
      if (order !== undefined && orders.includes(order)) return { outcome: "already", run, queued: [] };
      refuseOptions(request.options, run);
      const { changed, queued } = await queueIn(
        access,
        { ...request, orders: order === undefined ? [] : [order] },
        run,
      );
      return { outcome: changed.length > 0 || order === undefined ? "queued" : "already", run, queued };
    } catch (error) {
      if (!wasOvertaken(error) || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

/** Whether a run has begun, or ended, between a look and what was done by it: to be done anew. */
export function wasOvertaken(error: unknown): boolean {
  return error instanceof RunInProgress || error instanceof NotRunning;
}

/**
 * Queues an order in the run of a target that is in progress.
 * @throws NotRunning where it has ended
 */
export async function queueIn(
  access: Access,
  { target, atoms, orders }: { target: string; atoms: string[]; orders: string[] },
  run: string,
): Promise<QueueAnswer> {
  const request = { by: access.by, atoms, orders };
  return await sendUpdate(await access.client(), worldUpdateId(target), "queue", request, `${run} has ended`);
}

/** @throws UserError where a run was asked for that is not as all that are queued for: they become one. */
export function refuseOptions(options: RunRequest["options"], run: string): void {
  const wrong = [
    ...(options.sync ? [] : ["without sync"]),
    ...(options.dryRun ? ["dry run"] : []),
    ...(options.skipUnresolvable ? ["skip unresolvable"] : []),
    ...(options.autoFinalize ? ["auto finalize"] : []),
    ...(options.acceptFailed ? ["accept failed"] : []),
  ];
  if (wrong.length === 0) return;
  throw new UserError(
    `${run} is in progress, and what is queued begins without options: leave out ${wrong.join(", ")}, or wait until it has ended`,
  );
}

/**
 * Takes back what is queued for after the run of a target; returns that.
 * @param run the one that is meant: where another one is in progress it refuses; absent: any
 */
export async function clearQueue(access: Access, target: string, run?: string): Promise<QueuedOrder[]> {
  const client = await access.client();
  const request = { by: access.by, atoms: [], ...(run === undefined ? {} : { run }) };
  const inRun = sendUpdate<QueueAnswer>(client, worldUpdateId(target), "queue", request, "").then(
    ({ changed }) => changed,
    (error: unknown) => (error instanceof NotRunning ? [] : Promise.reject(error)),
  );
  return [...(await inRun), ...(await dropStarts(client, target, run))];
}

/**
 * Ends what would begin the next run of a target, after one that has ended; returns what that was for.
 * @param after only what begins after this run; absent: after any
 */
export async function dropStarts(client: Client, target: string, after?: string): Promise<QueuedOrder[]> {
  const dropped: QueuedOrder[] = [];
  const ofRun = after === undefined ? "" : ` AND SwarmRun = "${after}"`;
  for await (const { workflowId, memo } of client.workflow.list({
    query: `${STARTS} AND SwarmTarget = "${target}"${ofRun} AND ExecutionStatus = "Running"`,
  })) {
    await client.workflow
      .getHandle(workflowId)
      .cancel()
      .then(() => dropped.push(...queuedOf(memo)))
      // It has begun the run meanwhile.
      .catch((error: unknown) => {
        if (!(error instanceof Error && error.name === "WorkflowNotFoundError")) throw error;
      });
  }
  return dropped;
}

/** How what was to begin the next run ends without having begun it; one that was taken back is cancelled. */
const BROKEN = ["FAILED", "TERMINATED", "TIMED_OUT"];

/**
 * A run that has ended, with what becomes of its queue: why the next run does not begin, or none where nothing will begin
 * it any more. What was lost so is told.
 */
export async function withQueue(client: Client, view: RunView): Promise<RunView> {
  if (!view.queued) return view;
  const starts: { handle: WorkflowHandle; status: string; queued: QueuedOrder[] }[] = [];
  for await (const { workflowId, runId, status, memo } of client.workflow.list({
    query: `${STARTS} AND SwarmRun = "${view.run}"`,
  })) {
    starts.push({ handle: client.workflow.getHandle(workflowId, runId), status: status.name, queued: queuedOf(memo) });
  }
  // The engine's list comes a moment after what it lists.
  if (starts.length === 0) return view;
  const { queued, ...rest } = view;
  const broken = starts.filter(({ status }) => BROKEN.includes(status));
  const lost = {
    queued: broken.flatMap((start) => start.queued),
    reason: broken[0] ? await endOf(broken[0].handle) : "",
  };
  const told = broken.length > 0 ? { ...rest, unstarted: lost } : rest;
  const running = starts.find(({ status }) => status === "RUNNING");
  if (!running) return told;
  const [activity] = await pendingActivities(client, running.handle.workflowId).catch(() => []);
  const problem = activity?.problem ?? null;
  const isTrouble = problem !== null && problem !== ENDS_SOON;
  return { ...told, queued, ...(isTrouble ? { reason: `the next run cannot begin yet: ${problem}` } : {}) };
}

/** How a workflow has ended that did not complete, in words. */
async function endOf(handle: WorkflowHandle): Promise<string> {
  return await handle.result().then(
    () => "",
    (error: unknown) => rootOf(error),
  );
}

const STARTS = 'WorkflowType = "startQueuedRun"';

function queuedOf(memo: Record<string, unknown> | undefined): QueuedOrder[] {
  // Only ever written by the run that has ended.
  return Array.isArray(memo?.queued) ? (memo.queued as QueuedOrder[]) : [];
}
