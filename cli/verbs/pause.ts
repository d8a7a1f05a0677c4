import { operateRun } from "../../operations/operate.ts";
import { examples } from "../help.ts";
import { plainText } from "../plainText.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm pause` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--reason <text>", "why: shown by status until the pause ends", plainText)
    .action(async ({ target, reason }: { target?: string; reason?: string }) => {
      const answer = await operateRun<string>(context(), target, "pause", reason === undefined ? {} : { reason });
      if (context().json) context().printJson({ paused: true, answer });
      else context().print(`✓ ${answer}`);
    });
  examples(command, [['swarm pause --reason "disk is being changed"', "start nothing new"]]);
};
