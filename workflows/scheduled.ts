import { proxyActivities, setCurrentDetails, workflowInfo } from "@temporalio/workflow";
import { type OrchestratorActivities, QUEUES } from "../model/activities.ts";
import type { ScheduledOrder, ScheduledOutcome } from "../model/schedules.ts";

/** A binhost or a drone's machine may be starting: it is tried for so long. */
const PATIENCE = "30m";

const { startScheduled } = proxyActivities<OrchestratorActivities>({
  taskQueue: QUEUES.orchestrator,
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: PATIENCE,
  retry: { initialInterval: "2s", backoffCoefficient: 2, maximumInterval: "1m" },
});

/**
 * What a schedule starts: it starts the run, whose own id has no room for the time that Temporal appends to that of a
 * scheduled workflow. Where a run of the target is in progress it ends with that said.
 */
export async function startScheduledRun(order: ScheduledOrder): Promise<ScheduledOutcome> {
  const result = await startScheduled({ order, id: workflowInfo().workflowId });
  setCurrentDetails(result.outcome === "started" ? `started ${result.run}` : `skipped: ${result.reason}`);
  return result;
}
