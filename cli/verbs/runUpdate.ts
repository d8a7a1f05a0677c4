import type { Command } from "commander";
import { usageError } from "../../model/errors.ts";
import { type RunRequest, startRun } from "../../operations/startRun.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { checkAtoms, gatherAtoms } from "../atoms.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** The options that every verb that starts a run has. */
export interface StartOptions {
  target?: string;
  detach?: boolean;
  autoFinalize?: boolean;
  acceptFailed?: boolean;
  /** False with `--no-sync`. */
  sync: boolean;
  skipUnresolvable?: boolean;
  dryRun?: boolean;
}

export function startOptions(command: Command): Command {
  return targetOption(command)
    .option("--detach", "start it and return at once")
    .option("--auto-finalize", "publish by itself when everything was built")
    .option("--accept-failed", "with --auto-finalize: publish also when packages failed")
    .option("--no-sync", "use the trees that the drones have")
    .option("--skip-unresolvable", "leave out what does not resolve, and build the rest");
}

export function dryRunOption(command: Command): Command {
  return command.option("--dry-run", "print what would be built and why; build nothing");
}

/** Starts a run of some atoms and does with it what the options say. */
export async function startAndFollow(context: Context, atoms: string[], options: StartOptions): Promise<void> {
  const request = await startRequest(context, atoms, options);
  const { target } = request;
  const run = await startRun(context, request);
  if (options.dryRun) return (await import("../dryRun.ts")).showDryRun(context, { target, run });
  if (options.detach) {
    if (context.json) context.printJson({ run, target });
    else context.print(`${run} has started.\n  → Look: swarm status`);
    return;
  }
  if (!context.json) context.print(`${run} has started.`);
  await (await import("../runToGate.ts")).runToGate(context, { target, run });
}

/** What the options ask for, checked; the target is known to the binhost. */
export async function startRequest(context: Context, atoms: string[], options: StartOptions): Promise<RunRequest> {
  if (options.acceptFailed && !options.autoFinalize) {
    throw usageError("--accept-failed goes with --auto-finalize; by hand it is: swarm finalize --accept-failed");
  }
  if (options.dryRun && (options.detach || options.autoFinalize)) {
    throw usageError("--dry-run builds nothing: it does not go with --detach or --auto-finalize");
  }
  checkAtoms(atoms);
  return {
    target: await chooseTarget(context, options.target),
    atoms: atoms.length > 0 ? atoms : ["@world"],
    options: {
      sync: options.sync,
      dryRun: options.dryRun ?? false,
      skipUnresolvable: options.skipUnresolvable ?? false,
      autoFinalize: options.autoFinalize ?? false,
      acceptFailed: options.acceptFailed ?? false,
    },
  };
}

/** `swarm run-update` */
export const register: RegisterVerb = (command, context) => {
  dryRunOption(startOptions(command))
    .option(
      "--packages <atoms>",
      "update these instead of @world; separated by commas, or given again",
      gatherAtoms,
      [],
    )
    .action(({ packages, ...options }: StartOptions & { packages: string[] }) =>
      startAndFollow(context(), packages, options),
    );
  examples(command, [
    ["swarm run-update", "update the world, and watch until it can be finalized"],
    ["swarm run-update --dry-run", "only show what would be built, and why"],
    ["swarm run-update --packages app-editors/vim,dev-vcs/git", "update these and what they need"],
    ["swarm run-update --auto-finalize --detach", "all by itself"],
  ]);
};
