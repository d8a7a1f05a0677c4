import { UserError } from "../../model/errors.ts";
import { noRun, readPackages } from "../../operations/packages.ts";
import { readRun } from "../../operations/readModel.ts";
import { chooseRun } from "../../operations/targets.ts";
import { verification } from "../../operations/verification.ts";
import { examples } from "../help.ts";
import { verifyScreen } from "../screens/verify.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm verify` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command).action(async (options: { target?: string }) => {
    const target = await chooseRun(context(), options.target);
    const { run, runProblem } = await readRun(await context().client(), target);
    if (runProblem !== null) throw new UserError(runProblem);
    if (run === null) throw noRun(target);
    const [packages, staged] = await Promise.all([
      readPackages(context(), target),
      context()
        .binhost()
        .then((binhost) => binhost.staged(run.run)),
    ]);
    const facts = verification(run, packages, staged);
    if (facts.risk === "do not") context().exitCode = 1;
    if (context().json) context().printJson(facts);
    else context().print(verifyScreen(facts, context().paint));
  });
  examples(command, [["swarm verify", "what finalize would publish, what is missing, and how risky that is"]]);
};
