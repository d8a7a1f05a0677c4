import { examples } from "../help.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm doctor` */
export const register: RegisterVerb = (command, context) => {
  command.action(async () => {
    const [config, { diagnose }, { doctorScreen }] = await Promise.all([
      context().config(),
      import("../doctor/diagnose.ts"),
      import("../screens/doctor.ts"),
    ]);
    const diagnosis = await diagnose(config, context().around.env);
    if (context().json) context().printJson(diagnosis);
    else context().print(doctorScreen(diagnosis, context().paint));
    if (diagnosis.roles.some((role) => role.configured && !role.canRun)) context().exitCode = 1;
  });
  examples(command, [["swarm doctor", "✓ and ✗ for each thing that a role needs of this machine, with the fix"]]);
};
