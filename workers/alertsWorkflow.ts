import { setTimeout as sleep } from "node:timers/promises";
import { type Client, type WorkflowHandle, WorkflowIdConflictPolicy, WorkflowNotFoundError } from "@temporalio/client";
import type { SwarmConfig } from "../config/schema.ts";
import { QUEUES } from "../model/activities.ts";
import { ALERTS_ID } from "../workflows/messages.ts";
import type { RoleContext } from "./role.ts";

/** As the engine's API numbers the states of an activity. */
const STARTED = 2;
const LOOK_MS = 1_000;
/** Nobody watches where nobody has for so long: one who has a channel takes the next watch sooner. ms */
const UNWATCHED_MS = 10_000;
/** So long it is looked whether somebody does: one who was killed seems to, until its heartbeats have been missed for 20 s. ms */
const PATIENCE_MS = 60_000;

interface AlertsContext extends Pick<RoleContext, "log" | "signal"> {
  unwatchedMs?: number;
  patienceMs?: number;
}

/**
 * Has the alerts watched where a channel is configured. Where none is, and no other orchestrator has one, a watch from before is
 * ended: what lasted when it was given up would last for ever.
 */
export async function startAlerts(
  client: Client,
  { alerts }: Pick<SwarmConfig, "alerts">,
  context: AlertsContext,
): Promise<void> {
  if (alerts.channels.length === 0) {
    // Nothing waits for it.
    void endUnwatched(client.workflow.getHandle(ALERTS_ID), context);
    return;
  }
  await client.workflow.start("alerts", {
    workflowId: ALERTS_ID,
    taskQueue: QUEUES.orchestrator,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: "what is wrong, and who is told",
  });
}

async function endUnwatched(
  handle: WorkflowHandle,
  { log, signal, unwatchedMs = UNWATCHED_MS, patienceMs = PATIENCE_MS }: AlertsContext,
): Promise<void> {
  const began = Date.now();
  let watchedAt = began;
  while (!signal.aborted && Date.now() - began < patienceMs) {
    try {
      const { status, raw } = await handle.describe();
      if (status.name !== "RUNNING") return;
      const isWatched = raw.pendingActivities?.some(
        ({ activityType, state }) => activityType?.name === "observe" && state === STARTED,
      );
      if (isWatched) watchedAt = Date.now();
      if (Date.now() - watchedAt >= unwatchedMs) {
        await handle.terminate("no orchestrator has a channel for alerts any more");
        log("alerts: no channel is configured any more: nothing is watched");
        return;
      }
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return;
      // The engine is away for a moment.
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  if (!signal.aborted) {
    log("alerts: this orchestrator has no [[alerts.channel]], and another one watches: give all of them the same");
  }
}
