import type { RunView } from "../model/run.ts";
import { nextAction } from "../operations/nextAction.ts";
import { read } from "../operations/readModel.ts";
import { unknownTarget } from "../operations/targets.ts";
import type { Context } from "./context.ts";
import { follow } from "./follow.ts";
import { statusScreen } from "./screens/status.ts";

/**
 * Follows a run that was just started, and ends the command: with the screen of where it is now and what to do. Exit
 * code 1 where the run failed or was cancelled, or waits though it should finalize by itself.
 */
export async function runToGate(
  context: Context,
  started: { target: string; run: string },
  milestones?: (view: RunView) => string[],
): Promise<void> {
  const { end, view } = await follow(context, started, milestones);
  if (end === "detached") {
    if (context.json) context.printJson({ ...started, detached: true });
    else {
      context.print(
        `Detached from ${started.run}. It goes on: drones build, and it waits for finalize when they are done.`,
      );
      context.print("  → Look: swarm status");
    }
    return;
  }
  const failed = view?.step === "failed" || view?.step === "cancelled";
  if (failed || (end === "gate" && view?.options.autoFinalize)) context.exitCode = 1;
  await showReading(context, started.target);
}

/** Prints the status of a target's run. */
export async function showReading(context: Context, target: string | undefined): Promise<void> {
  const reading = await read(context, target);
  const { run, runProblem, targets } = reading;
  if (target !== undefined && run === null && runProblem === null && targets && !targets.includes(target)) {
    throw unknownTarget(target, targets);
  }
  if (reading.engine.problem !== null) context.exitCode = 1;
  if (context.json) context.printJson({ ...reading, nextAction: nextAction(reading) });
  else context.print(statusScreen(reading, context.paint));
}
