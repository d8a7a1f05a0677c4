import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import {
  condition,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";
import { type OrchestratorActivities, QUEUES } from "../model/activities.ts";
import { type QueuedOrder, type QueuedOutcome, type QueuedStart, queuedWords } from "../model/orders.ts";
import { queuedStartId, type WorldUpdateInput } from "./messages.ts";
import type { Orders } from "./states/orders.ts";

// Nothing that was ordered is given up: whatever is in the way, it is tried again, and what it is is shown.
const { startQueued } = proxyActivities<OrchestratorActivities>({
  taskQueue: QUEUES.orchestrator,
  startToCloseTimeout: "30s",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "30s" },
});

/** Begins the next run of a target with what was queued in one that ends just now. */
export async function startQueuedRun(start: QueuedStart): Promise<QueuedOutcome> {
  setCurrentDetails(`a run of ${start.target} begins after ${start.after}: ${queuedWords(start.queued)}`);
  const result = await startQueued({ ...start, id: workflowInfo().workflowId });
  setCurrentDetails(`${result.outcome}: ${result.run}`);
  return result;
}

/**
 * Waits until a run that ends may return, and hands its orders over to a workflow that outlives it. The run may return in
 * the same breath as this does: an order that is taken while the engine is asked is handed over as well, and one that comes
 * later finds no run.
 * @param isQuiet no message is being taken, nothing is under way
 */
export async function handOver(
  { run, target }: Pick<WorldUpdateInput, "run" | "target">,
  orders: Orders,
  isQuiet: () => boolean,
): Promise<void> {
  for (let number = 1; ; number++) {
    await condition(isQuiet);
    const queued = orders.handOver();
    if (queued.length === 0) return;
    await startStarter({ target, after: run, queued }, number);
  }
}

async function startStarter(start: QueuedStart, number: number): Promise<void> {
  const { target, after: run, queued } = start;
  const memo: { queued: QueuedOrder[] } = { queued };
  try {
    await startChild(startQueuedRun, {
      workflowId: queuedStartId(run, number),
      taskQueue: QUEUES.orchestrator,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `the next run of ${target}: ${queuedWords(queued)}`.slice(0, 180),
      searchAttributes: { SwarmTarget: [target], SwarmRun: [run] },
      memo,
      args: [start],
    });
  } catch (error) {
    // A reset of this run in the engine repeats its end: what begins the next one is there.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
