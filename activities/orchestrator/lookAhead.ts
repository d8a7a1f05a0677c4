import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Context } from "@temporalio/activity";
import type { Outlook, Standing } from "../../model/outlook.ts";

/** Well under the heartbeat timeout of the workflows. ms */
const HEARTBEAT_MS = 4_000;
const THREAD = new URL(`./lookAheadThread${extname(import.meta.filename)}`, import.meta.url);

/** Runs the scheduler forward in a thread of its own: the orchestrator's other work goes on beside it. */
export async function lookAheadBeside(standing: Standing): Promise<Outlook | null> {
  const { heartbeat, cancellationSignal } = Context.current();
  const thread = new Worker(THREAD, { workerData: standing, execArgv: [] });
  const timer = setInterval(heartbeat, HEARTBEAT_MS);
  try {
    return await new Promise<Outlook | null>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
      thread.once("exit", (code) => reject(new Error(`the look ahead ended without a word, exit code ${code}`)));
      cancellationSignal.addEventListener("abort", () => reject(cancellationSignal.reason), { once: true });
    });
  } finally {
    clearInterval(timer);
    await thread.terminate();
  }
}
