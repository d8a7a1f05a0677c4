import { examples } from "../help.ts";
import { runRole } from "../runRole.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm orchestrator` */
export const register: RegisterVerb = (command, context) => {
  command.action(async () => {
    const { runOrchestrator } = await import("../../workers/orchestrator.ts");
    await runRole(context(), runOrchestrator, null);
  });
  examples(command, [["swarm orchestrator", "run one in the foreground; any number may run, on any machines"]]);
};
