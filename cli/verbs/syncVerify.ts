import { syncVerify } from "../../operations/syncVerify.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { examples } from "../help.ts";
import { syncVerifyScreen } from "../screens/syncVerify.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm sync-verify` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--no-sync", "compare the trees that are there")
    .action(async (options: { target?: string; sync: boolean }) => {
      const target = await chooseTarget(context(), options.target);
      if (!context().json && options.sync) context().note("Syncing the trees of all drones...");
      const result = await syncVerify(context(), target, options.sync);
      if (result.drones.length === 0 || result.drones.some(({ ok }) => !ok)) context().exitCode = 1;
      if (context().json) context().printJson(result);
      else context().print(syncVerifyScreen(result, context().paint));
    });
  examples(command, [
    ["swarm sync-verify", "sync every drone, and show which agree"],
    ["swarm sync-verify --no-sync", "only compare"],
  ]);
};
