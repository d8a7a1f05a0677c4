import { askWorkflow } from "../../operations/engine.ts";
import { onePackage, readPackages } from "../../operations/packages.ts";
import { chooseRun } from "../../operations/targets.ts";
import { whyQuery, worldUpdateId } from "../../workflows/messages.ts";
import { examples } from "../help.ts";
import { whyScreen } from "../screens/why.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm why PACKAGE` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .argument("<package>", "category/name-version, category/name or name")
    .action(async (name: string, options: { target?: string }) => {
      const target = await chooseRun(context(), options.target);
      const packages = await readPackages(context(), target);
      const view = onePackage(packages, name, `the run of ${target}`);
      const client = await context().client();
      const [answer] = await askWorkflow(client, worldUpdateId(target), whyQuery, [view.cpv]);
      if (context().json) context().printJson({ ...view, why: answer?.why ?? null });
      else context().print(whyScreen(view, answer, Date.now(), context().paint));
    });
  examples(command, [
    ["swarm why openssl", "why it is built, what it waits for, what became of it"],
    ["swarm why dev-libs/openssl-3.0.2", "where the name alone is ambiguous"],
  ]);
};
