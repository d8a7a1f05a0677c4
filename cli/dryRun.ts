import { readPlanGraph } from "../activities/estimates.ts";
import { count } from "../model/words.ts";
import { MOST_TRIED } from "../operations/forecast.ts";
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
  const graph = await readPlanGraph(await context.binhost(), view.plan);
  const { scheduler } = await context.config();
  const { length } = graph.packages;
  if (length > MOST_TRIED) context.note(`Running the scheduler forward for ${count(length, "package")}: some seconds.`);
  const shown = dryRun(view, graph, scheduler);
  if (context.json) context.printJson(shown);
  else context.print(dryRunScreen(shown, context.paint));
}
