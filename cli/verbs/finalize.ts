import { count } from "../../model/words.ts";
import { operateRun } from "../../operations/operate.ts";
import type { FinalizeAnswer } from "../../workflows/messages.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm finalize` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--accept-failed", "publish what was built though packages failed")
    .action(async ({ target, acceptFailed }: { target?: string; acceptFailed?: boolean }) => {
      const answer = await operateRun<FinalizeAnswer>(context(), target, "finalize", {
        acceptFailed: acceptFailed ?? false,
      });
      if (context().json) return context().printJson(answer);
      const { paint } = context();
      context().print([
        `${paint("good", "✓")} Published as ${answer.snapshot}: ${count(answer.added, "package")} added.`,
        "Clients get them with the next emerge --usepkg. Back: swarm snapshots rollback",
      ]);
    });
  examples(command, [
    ["swarm finalize", "publish what the run built"],
    ["swarm finalize --accept-failed", "publish, without the packages that failed"],
  ]);
};
