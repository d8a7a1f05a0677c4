import { QUEUES } from "../model/activities.ts";
import { startFleet } from "../operations/startRun.ts";
import type { SyncVerifyInput, SyncVerifyResult } from "../workflows/messages.ts";
import type { Context } from "./context.ts";

/** Syncs and compares the drones' trees outside of a run. One that is under way already is joined. */
export async function syncVerify(context: Context, target: string, sync: boolean): Promise<SyncVerifyResult> {
  const [config, client] = await Promise.all([context.config(), context.client()]);
  await startFleet(client);
  const input: SyncVerifyInput = { target, trees: config.trees, binhost: config.binhost.name, sync };
  const handle = await client.workflow.start("syncVerify", {
    workflowId: `sync-verify/${target}`,
    taskQueue: QUEUES.orchestrator,
    workflowIdConflictPolicy: "USE_EXISTING",
    args: [input],
    staticSummary: `sync of ${target} by ${context.by}`,
  });
  const result: unknown = await handle.result();
  return result as SyncVerifyResult;
}
