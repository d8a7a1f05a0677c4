import { resetTarget } from "../../operations/reset.ts";
import { latestRun } from "../../operations/runs.ts";
import { chooseRun } from "../../operations/targets.ts";
import { confirm, mustBeAsked } from "../ask.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm reset` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--yes", "do not ask")
    .action(async (options: { target?: string; yes?: boolean }) => {
      if (!options.yes) mustBeAsked(context(), "Cancel the run, and throw away what it did not publish?");
      const target = await chooseRun(context(), options.target);
      const latest = await latestRun(await context().client(), target);
      const run = latest?.isInProgress ? latest.run : undefined;
      const question = run
        ? `Cancel ${run}, and throw away everything that it built and did not publish, and what is queued for after it?`
        : `Throw away everything that runs of ${target} built and did not publish, and what is queued? None is in progress.`;
      if (!options.yes && !(await confirm(context(), question))) {
        context().exitCode = 1;
        return context().note("Nothing was changed.");
      }
      const { json, paint } = context();
      const say = (step: string): void => {
        if (!json) context().print(`${paint("good", "✓")} ${step}`);
      };
      const done = await resetTarget(context(), target, say, run);
      if (json) context().printJson({ target, ...done });
      else context().print("  → Run: swarm run-update");
    });
  examples(command, [
    ["swarm reset", "asks, then ends the run and clears its staging and its queue"],
    ["swarm reset --yes", "without asking, for scripts"],
  ]);
};
