import { examples } from "../help.ts";
import { showReading } from "../runToGate.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm status` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command).action(async ({ target }: { target?: string }) => showReading(context(), target));
  examples(command, [
    ["swarm status", "where the run is, the drones, and the one command that helps now"],
    ["swarm status --json", "the same for programs"],
  ]);
};
