import type { SwarmConfig } from "../../config/schema.ts";
import { usageError } from "../../model/errors.ts";
import { nearest } from "../../system/nearest.ts";
import { examples } from "../help.ts";
import { runRole } from "../runRole.ts";
import type { RegisterVerb } from "../verbs.ts";
import { registerDroneActions } from "./droneActions.ts";

/** `swarm drone NAME`, and what an operator does with a drone from anywhere. */
export const register: RegisterVerb = (command, context) => {
  command
    .argument("[name]", "the drone to run on this machine (default: the only one of the configuration)")
    .action(async (given: string | undefined) => {
      const name = chooseDrone(await context().config(), given);
      const { runDrone } = await import("../../workers/drone.ts");
      await runRole(context(), runDrone, name);
    });
  registerDroneActions(command, context);
  examples(command, [
    ["swarm drone izar", "run the drone of [drones.izar] in the foreground"],
    ["swarm drone pause izar", "izar finishes what it builds and gets nothing new"],
    ["swarm drone resume izar", "its machine is well: it gets work again"],
    ["swarm drone forget izar", "its machine is gone for good"],
  ]);
};

function chooseDrone(config: SwarmConfig, given: string | undefined): string {
  const names = Object.keys(config.drones).sort();
  const known = `this machine's configuration has: ${names.join(", ") || "none"}`;
  if (given !== undefined) {
    if (names.includes(given)) return given;
    const near = nearest(given, names);
    const hint =
      near === null ? `Add a section [drones.${given}] to swarm.toml, if it is new;` : `Did you mean '${near}'?`;
    throw usageError(`unknown drone '${given}'. ${hint} ${known}`);
  }
  const [only, ...others] = names;
  if (only === undefined || others.length > 0) throw usageError(`which drone? Name it: swarm drone NAME; ${known}`);
  return only;
}
