import { operateRun } from "../../operations/operate.ts";
import type { BalanceAnswer } from "../../workflows/messages.ts";
import { examples } from "../help.ts";
import { balanceLines } from "../screens/balance.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm balance` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command).action(async ({ target }: { target?: string }) => {
    const answer = await operateRun<BalanceAnswer>(context(), target, "balance");
    if (context().json) context().printJson(answer);
    else context().print(balanceLines(answer));
  });
  examples(command, [["swarm balance", "bring what does not compile yet to where it is done sooner, now"]]);
};
