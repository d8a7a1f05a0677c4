import { planGraph } from "../portage/plan.ts";
import { parsePlan } from "../portage/planFile.ts";
import { estimateWork } from "../scheduler/estimate.ts";
import type { Context } from "./context.ts";
import { follow } from "./follow.ts";
import { showReading } from "./runToGate.ts";
import { dryRun, dryRunScreen } from "./screens/dryRun.ts";

/** Waits until a dry run has its plan, and prints that. */
export async function showDryRun(context: Context, started: { target: string; run: string }): Promise<void> {
  const { end, view } = await follow(context, started);
  if (end === "detached") return context.note("Left. The dry run ends by itself: swarm status");
  if (view?.step !== "done" || view.plan === null) {
    context.exitCode = 1;
    return showReading(context, started.target);
  }
  const plan = parsePlan(await (await context.binhost()).getBlob(view.plan));
  const shown = dryRun(view, planGraph(plan, estimateWork));
  if (context.json) context.printJson(shown);
  else context.print(dryRunScreen(shown, context.paint));
}
