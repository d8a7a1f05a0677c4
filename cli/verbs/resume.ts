import { operateRun } from "../../operations/operate.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm resume` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command).action(async ({ target }: { target?: string }) => {
    const answer = await operateRun<string>(context(), target, "resume");
    if (context().json) context().printJson({ paused: false, answer });
    else context().print(`✓ ${answer}`);
  });
  examples(command, [["swarm resume", "go on after a pause"]]);
};
