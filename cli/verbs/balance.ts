import { examples } from "../help.ts";
import { operateRun } from "../operate.ts";
import { targetOption } from "../targets.ts";
import { count } from "../text.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm balance` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command).action(async ({ target }: { target?: string }) => {
    const moved = await operateRun<string[]>(context(), target, "balance");
    if (context().json) return context().printJson({ moved });
    context().print(
      moved.length === 0
        ? "Nothing waits that could start: work is where it belongs."
        : [
            `✓ ${count(moved.length, "package")} placed anew, without waiting any longer:`,
            ...moved.map((cpv) => `  ${cpv}`),
          ],
    );
  });
  examples(command, [["swarm balance", "place waiting work anew, now"]]);
};
