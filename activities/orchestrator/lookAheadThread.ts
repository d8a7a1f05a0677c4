import { parentPort, workerData } from "node:worker_threads";
import type { Outlook, Standing } from "../../model/outlook.ts";
import { lookAhead } from "../../scheduler/lookAhead.ts";

/** How much is tried: packages times simulated runs. A tenth of a millisecond each. */
const BUDGET = 60_000;
/** After so long the best so far has to do. ms */
const LONGEST_MS = 10_000;

/** The thread of `lookAheadBeside`: its standing is the worker's data, its answer the one message. */
function search(standing: Standing): Outlook | null {
  const end = performance.now() + LONGEST_MS;
  const steps = lookAhead(standing, BUDGET);
  let best: Outlook | null = null;
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    best = value ?? best;
    if (best !== null && performance.now() > end) return best;
  }
}

parentPort?.postMessage(search(workerData));
