import { CompleteAsyncError, Context } from "@temporalio/activity";
import { CancelledFailure } from "@temporalio/common";

/** What an activity here needs of its surroundings; Temporal's, or a test's. */
export interface ActivityContext {
  heartbeat(details?: unknown): void;
  /** Aborted when the activity has to end before its work is done. */
  signal: AbortSignal;
  /**
   * Once `signal` is aborted. `cancelled`: nobody wants the work any more. `detached`: this activity has lost its claim or its
   * worker stops, and the work shall go on for another activity to take over.
   */
  reason(): "cancelled" | "detached";
}

/** The context of the Temporal activity that is being executed. */
export function temporalContext(): ActivityContext {
  const context = Context.current();
  return {
    heartbeat: (details) => context.heartbeat(details),
    signal: context.cancellationSignal,
    reason: () => (context.cancellationDetails?.cancelRequested ? "cancelled" : "detached"),
  };
}

/** Ends an activity that was told to, or that another one has replaced. */
export function leave(reason: ReturnType<ActivityContext["reason"]>): never {
  if (reason === "cancelled") throw new CancelledFailure("CANCELLED");
  // Not a failure: the server is told nothing, misses the heartbeats, and offers the same work again.
  throw new CompleteAsyncError();
}

/** Runs `work` with heartbeats, for activities that have no more to say than that they are alive. */
export async function beating<T>(context: ActivityContext, everyMs: number, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => context.heartbeat(), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
