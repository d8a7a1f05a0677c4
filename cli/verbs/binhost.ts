import { examples } from "../help.ts";
import { runRole } from "../runRole.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm binhost` */
export const register: RegisterVerb = (command, context) => {
  command.action(async () => {
    const { runBinhost } = await import("../../workers/binhost.ts");
    await runRole(context(), runBinhost, null);
  });
  examples(command, [["swarm binhost", "serve the packages of [binhost] in the foreground"]]);
};
