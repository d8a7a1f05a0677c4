import { usageError } from "../../model/errors.ts";
import { operateRun } from "../../operations/operate.ts";
import { packagesNamed, readPackages } from "../../operations/packages.ts";
import { chooseRun } from "../../operations/targets.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm prioritize ATOM...`, `swarm prioritize --clear` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .argument("[atom...]", "packages of the run: category/name-version, category/name or name")
    .option("--clear", "nothing goes first any more")
    .action(async (names: string[], options: { target?: string; clear?: boolean }) => {
      if (options.clear && names.length > 0) {
        throw usageError("--clear goes alone: what you name replaces what went first before");
      }
      if (!options.clear && names.length === 0) {
        throw usageError("name what shall go first, like: swarm prioritize dev-libs/openssl. To end it: --clear");
      }
      const target = await chooseRun(context(), options.target);
      const found = options.clear
        ? []
        : packagesNamed(await readPackages(context(), target), names, `the run of ${target}`);
      const packages = found.map(({ cpv }) => cpv);
      const prioritized = await operateRun<string[]>(context(), target, "prioritize", { packages });
      if (context().json) return context().printJson({ prioritized });
      if (prioritized.length === 0) return context().print("✓ Nothing goes first any more: the longest path decides.");
      const state = new Map(found.map((each) => [each.cpv, each.state]));
      context().print([
        ...prioritized.map((cpv) =>
          state.get(cpv) === "received" ? `✓ ${cpv} is built already` : `✓ ${cpv} goes first, with all that it needs`,
        ),
        "  → Watch: swarm status",
      ]);
    });
  examples(command, [
    ["swarm prioritize firefox dev-libs/openssl", "these first, instead of those that went first before"],
    ["swarm prioritize --clear", "the longest path decides alone again"],
  ]);
};
