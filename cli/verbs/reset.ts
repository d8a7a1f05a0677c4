import { resetTarget } from "../../operations/reset.ts";
import { chooseRun } from "../../operations/targets.ts";
import { confirm } from "../ask.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm reset` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--yes", "do not ask")
    .action(async (options: { target?: string; yes?: boolean }) => {
      const question =
        "Cancel the run, and throw away everything that it built and did not publish, and what is queued for after it?";
      if (!options.yes && !(await confirm(context(), question))) {
        context().exitCode = 1;
        return context().note("Nothing was changed.");
      }
      const target = await chooseRun(context(), options.target);
      const { json, paint } = context();
      const done = await resetTarget(context(), target, (step) => {
        if (!json) context().print(`${paint("good", "✓")} ${step}`);
      });
      if (json) context().printJson({ target, ...done });
      else context().print("  → Run: swarm run-update");
    });
  examples(command, [
    ["swarm reset", "asks, then ends the run and clears its staging and its queue"],
    ["swarm reset --yes", "without asking, for scripts"],
  ]);
};
