import { InvalidArgumentError } from "commander";
import { listRuns } from "../../operations/runs.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { examples } from "../help.ts";
import { runsScreen } from "../screens/runs.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm runs` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--limit <number>", "at most so many", wholeNumber, 20)
    .action(async ({ target, limit }: { target?: string; limit: number }) => {
      const all = await listRuns(await context().client(), target === undefined ? limit : 1000);
      const runs = all.filter((run) => target === undefined || run.target === target).slice(0, limit);
      if (target !== undefined && runs.length === 0) await chooseTarget(context(), target);
      if (context().json) context().printJson(runs);
      else context().print(runsScreen(runs, Date.now(), context().paint));
    });
  examples(command, [
    ["swarm runs", "the last 20 runs, and how they ended"],
    ["swarm runs --target desktop --limit 5", "only of this target"],
  ]);
};

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
}
