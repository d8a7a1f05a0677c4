import { setImmediate as turn } from "node:timers/promises";
import { Context } from "@temporalio/activity";
import type { Outlook, Standing } from "../../model/outlook.ts";
import { lookAhead } from "../../scheduler/lookAhead.ts";

/** How much is tried: packages times simulated runs. A tenth of a millisecond each. */
const BUDGET = 60_000;
/** Looking on costs an orchestrator's time. ms */
const LONGEST_MS = 10_000;

/** Runs the scheduler forward, a simulated run at a time, so that the orchestrator's other work goes on between. */
export async function lookAheadPatiently(standing: Standing): Promise<Outlook | null> {
  const { heartbeat, cancellationSignal } = Context.current();
  const end = Date.now() + LONGEST_MS;
  let best: Outlook | null = null;
  for (const found of lookAheadSteps(standing)) {
    best = found ?? best;
    heartbeat();
    if (Date.now() > end && best !== null) return best;
    await turn();
    cancellationSignal.throwIfAborted();
  }
  return best;
}

function* lookAheadSteps(standing: Standing): Generator<Outlook | null> {
  yield yield* lookAhead(standing, BUDGET);
}
