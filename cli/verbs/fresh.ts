import type { RunStep, RunView } from "../../model/run.ts";
import { count } from "../../model/words.ts";
import { resetTarget } from "../../operations/reset.ts";
import { listRuns } from "../../operations/runs.ts";
import { startRun } from "../../operations/startRun.ts";
import { confirm } from "../ask.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { runToGate } from "../runToGate.ts";
import type { RegisterVerb } from "../verbs.ts";
import { type StartOptions, startOptions, startRequest } from "./runUpdate.ts";

/** `swarm fresh` */
export const register: RegisterVerb = (command, context) => {
  startOptions(command)
    .option("--yes", "do not ask when a run is in progress")
    .action((options: StartOptions & { yes?: boolean }) => fresh(context(), options));
  examples(command, [
    ["swarm fresh", "forget the last run and start over, each step with a ✓"],
    ["swarm fresh --yes --detach", "for scripts"],
  ]);
};

async function fresh(context: Context, options: StartOptions & { yes?: boolean }): Promise<void> {
  const request = await startRequest(context, [], options);
  const { target } = request;
  const running = (await listRuns(await context.client(), 100, true)).find((run) => run.target === target);
  if (
    running &&
    !options.yes &&
    !(await confirm(context, `${running.run} is in progress. Cancel it and start over?`))
  ) {
    context.exitCode = 1;
    return context.note("Nothing was changed.");
  }
  const done = (text: string): string => `${context.paint("good", "✓")} ${text}`;
  const step = (text: string): void => (context.json ? context.note(done(text)) : context.print(done(text)));
  await resetTarget(context, target, step);
  const run = await startRun(context, request);
  step(`${run} has started`);
  if (options.detach) {
    if (context.json) context.printJson({ run, target });
    else context.print("  → Look: swarm status");
    return;
  }
  const said = new Set<RunStep>();
  await runToGate(context, { target, run }, (view) =>
    milestones(view).flatMap(([before, text]) => {
      if (said.has(before)) return [];
      said.add(before);
      return [done(text)];
    }),
  );
}

/** The steps that a run has behind it, in words. */
function milestones(view: RunView): [RunStep, string][] {
  const order: readonly RunStep[] = ["sync", "verify", "resolve", "build", "gate", "publish", "done"];
  const reached = order.indexOf(view.step);
  const verified = view.drones.filter((drone) => drone.state === "verified").length;
  const total = view.counts.needed + view.counts.delegated + view.counts.received;
  const all: [RunStep, string][] = [
    ["sync", "synced"],
    ["verify", `verified: ${count(verified, "drone")} with the same tree`],
    ["resolve", `discovered: ${count(total, "package")} to build`],
  ];
  return all.filter(([step]) => order.indexOf(step) < reached);
}
