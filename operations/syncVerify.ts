import type { Client, WorkflowHandle } from "@temporalio/client";
import { QUEUES } from "../model/activities.ts";
import { messageOf } from "../model/errors.ts";
import type { SyncVerifyResult, SyncVerifyView } from "../model/fleet.ts";
import type { SyncVerifyInput } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { startFleet } from "./startRun.ts";
import { chooseTarget } from "./targets.ts";

const idOf = (target: string): string => `sync-verify/${target}`;

/** Syncs (unless told not to) and compares the drones' trees outside of a run. One that is under way already is joined. */
export async function startSyncVerify(access: Access, target: string, sync: boolean): Promise<WorkflowHandle> {
  const [config, client] = await Promise.all([access.config(), access.client()]);
  await startFleet(client);
  const input: SyncVerifyInput = { target, trees: config.trees, binhost: config.binhost.name, sync };
  return await client.workflow.start("syncVerify", {
    workflowId: idOf(target),
    taskQueue: QUEUES.orchestrator,
    workflowIdConflictPolicy: "USE_EXISTING",
    args: [input],
    staticSummary: `sync of ${target} by ${access.by}`,
  });
}

/** The same, and waits for what it finds. */
export async function syncVerify(access: Access, target: string, sync: boolean): Promise<SyncVerifyResult> {
  const handle = await startSyncVerify(access, target, sync);
  return (await handle.result()) as SyncVerifyResult;
}

/** How the last comparison of a target's drones stands. @throws UnknownName: there is no such target */
export async function readSyncVerify(access: Access, target: string): Promise<SyncVerifyView> {
  const client = await access.client();
  try {
    const { status, startTime, closeTime, runId } = await client.workflow.getHandle(idOf(target)).describe();
    const times = { startedAt: startTime.getTime(), endedAt: closeTime?.getTime() ?? null };
    if (status.name === "RUNNING") return { state: "running", ...times, result: null, reason: null };
    return { ...times, ...(await outcomeOf(client, target, runId)) };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WorkflowNotFoundError") throw error;
    await chooseTarget(access, target);
    return { state: "never", startedAt: null, endedAt: null, result: null, reason: null };
  }
}

async function outcomeOf(
  client: Client,
  target: string,
  runId: string,
): Promise<Pick<SyncVerifyView, "state" | "result" | "reason">> {
  try {
    const result = (await client.workflow.getHandle(idOf(target), runId).result()) as SyncVerifyResult;
    return { state: "done", result, reason: null };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WorkflowFailedError") throw error;
    return { state: "failed", result: null, reason: messageOf(error.cause ?? error) };
  }
}
