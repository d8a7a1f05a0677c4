import { estimatesOf } from "../activities/estimates.ts";
import { planGraph } from "../portage/plan.ts";
import { parsePlan } from "../portage/planFile.ts";
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
  const binhost = await context.binhost();
  const plan = parsePlan(await binhost.getBlob(view.plan));
  const estimates = await estimatesOf(binhost, plan);
  const { scheduler } = await context.config();
  const shown = dryRun(view, planGraph(plan, estimates.of), scheduler);
  if (context.json) context.printJson(shown);
  else context.print(dryRunScreen(shown, context.paint));
}
