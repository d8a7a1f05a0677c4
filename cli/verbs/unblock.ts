import { UserError } from "../../model/errors.ts";
import { operateRun } from "../../operations/operate.ts";
import { matchingPackages, readPackages } from "../../operations/packages.ts";
import { chooseRun } from "../../operations/targets.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm unblock [PACKAGE...]` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .argument("[package...]", "failed packages: category/name-version, category/name or name (default: all)")
    .action(async (names: string[], options: { target?: string }) => {
      const target = await chooseRun(context(), options.target);
      const packages: string[] = [];
      if (names.length > 0) {
        const failed = (await readPackages(context(), target)).filter(({ state }) => state === "failed");
        for (const name of names) {
          const found = matchingPackages(failed, name);
          if (found.length > 0) packages.push(...found.map(({ cpv }) => cpv));
          else
            throw new UserError(
              `${name} is not among the failed packages: ${failed.map(({ cpv }) => cpv).join(", ") || "there are none"}`,
            );
        }
      }
      const unblocked = await operateRun<string[]>(context(), target, "unblock", { packages });
      if (context().json) return context().printJson({ unblocked });
      if (unblocked.length === 0) return context().print("Nothing was blocked.");
      context().print([...unblocked.map((cpv) => `✓ ${cpv} is tried again`), "  → Watch: swarm status"]);
    });
  examples(command, [
    ["swarm unblock", "try everything again that failed"],
    ["swarm unblock dev-libs/openssl", "only this one"],
  ]);
};
