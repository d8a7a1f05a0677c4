import type { Client, WorkflowHandle } from "@temporalio/client";
import { UserError } from "../model/errors.ts";
import { isRunOf } from "../model/names.ts";
import { type QueuedOrder, queuedWords } from "../model/orders.ts";
import type { RunRecord } from "../model/run.ts";
import { worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { dropStarts } from "./queue.ts";
import { readRun } from "./readModel.ts";
import { latestRun, listRuns } from "./runs.ts";

/** A run that was asked to end is stuck after so long. ms */
const END_WITHIN_MS = 75_000;
/** ... and one that does not even take the request after so long. ms */
const TAKE_WITHIN_MS = 10_000;

/** What a reset did. */
export interface Reset {
  /** The run that was in progress. */
  cancelled: string | null;
  /** It did not end by itself. */
  terminated: boolean;
  /** Builds that were still under way. */
  builds: number;
  /** Runs whose staging was thrown away. */
  staging: string[];
  /** Orders for after it that went with it. */
  dropped: QueuedOrder[];
}

/**
 * Ends a target's run with all its builds and throws away what it did not publish, and what is queued for after it. May be
 * repeated: each step finds what is left. `onStep` hears of each step that is done.
 * @param meant the run that whoever asked has seen; absent: whichever there is
 * @throws UserError: another run than the one that was meant is in progress
 */
export async function resetTarget(
  access: Access,
  target: string,
  onStep: (text: string) => void,
  meant?: string,
): Promise<Reset> {
  const [client, binhost] = await Promise.all([access.client(), access.binhost()]);
  const running = (await listRuns(client, 100, true)).find((run) => run.target === target);
  if (running && meant !== undefined && running.run !== meant) {
    throw new UserError(`${meant} is not the run of ${target} any more: that is ${running.run}. Nothing was done`);
  }
  const queued = running ? ((await readRun(client, target)).run?.queued ?? []) : [];
  // Only what was ordered before: what is ordered while the run ends begins after it.
  const dropped = [...queued, ...(await dropStarts(client, target))];
  let terminated = false;
  if (running) {
    terminated = !(await endRun(client, running, access.by));
    onStep(terminated ? `${running.run} was stuck: terminated` : `${running.run} is cancelled`);
  } else {
    onStep("no run is in progress");
  }
  if (dropped.length > 0) onStep(`what was queued for after it is dropped: ${queuedWords(dropped)}`);
  // What was ordered while it ended may have begun.
  const now = await latestRun(client, target);
  const isOver = (run: string): boolean => isRunOf(target, run) && !(now?.isInProgress && now.run === run);
  const builds = await cancelBuilds(client, isOver);
  if (builds > 0) onStep(`${builds} builds that were left are cancelled`);
  const staging = (await binhost.stagingRuns()).filter(isOver);
  for (const run of staging) await binhost.clearStaging(run);
  onStep(staging.length > 0 ? `staging is clear (${staging.join(", ")})` : "staging is clear");
  return { cancelled: running?.run ?? null, terminated, builds, staging, dropped };
}

/** Asks the run to end; terminates it where it does not. False: it had to be terminated. */
async function endRun(client: Client, { run, target }: RunRecord, by: string): Promise<boolean> {
  const handle = client.workflow.getHandle(worldUpdateId(target));
  const request = { by, run, dropQueued: true };
  try {
    await client.withDeadline(Date.now() + TAKE_WITHIN_MS, () => handle.executeUpdate("cancel", { args: [request] }));
  } catch (error) {
    // A refusal (it is being published just now) is the operator's to hear; silence is what termination is for.
    if (error instanceof Error && error.name === "WorkflowUpdateFailedError") throw error;
  }
  const deadline = Date.now() + END_WITHIN_MS;
  for (;;) {
    const { status, memo, runId } = await handle.describe();
    const isOther = typeof memo?.run === "string" && memo.run !== run;
    if (isOther || status.name !== "RUNNING") return true;
    if (Date.now() > deadline) {
      await terminate(client.workflow.getHandle(handle.workflowId, runId), by);
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function terminate(handle: WorkflowHandle, by: string): Promise<void> {
  await handle.terminate(`reset by ${by}: it did not end by itself`).catch((error: unknown) => {
    // It ended in the meantime after all.
    if (!(error instanceof Error && error.name === "WorkflowNotFoundError")) throw error;
  });
}

/** Cancels builds of runs that are over, for which nobody waits any more. Returns how many there were. */
async function cancelBuilds(client: Client, isOver: (run: string) => boolean): Promise<number> {
  const query = "WorkflowType = 'buildPackage' AND ExecutionStatus = 'Running'";
  let number = 0;
  for await (const { workflowId } of client.workflow.list({ query })) {
    const run = workflowId.split("/")[1] ?? "";
    if (!isOver(run)) continue;
    await client.workflow
      .getHandle(workflowId)
      .cancel()
      .catch(() => {});
    number++;
  }
  return number;
}
