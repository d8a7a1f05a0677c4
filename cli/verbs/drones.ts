import { UserError } from "../../model/errors.ts";
import { read } from "../../operations/readModel.ts";
import { examples } from "../help.ts";
import { dronesScreen } from "../screens/drones.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm drones` */
export const register: RegisterVerb = (command, context) => {
  command.action(async () => {
    const reading = await read(context());
    if (reading.engine.problem !== null) throw new UserError(reading.engine.problem);
    if (reading.orchestrators === 0) {
      throw new UserError("no orchestrator is running, so nobody knows the drones. Start one: swarm orchestrator");
    }
    if (context().json) context().printJson({ ...reading.fleet, building: reading.building });
    else context().print(dronesScreen(reading, context().paint));
  });
  examples(command, [["swarm drones", "every drone: cores, memory, disk, state and what it builds"]]);
};
