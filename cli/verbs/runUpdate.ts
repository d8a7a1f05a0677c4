import type { Command } from "commander";
import { UserError, usageError } from "../../model/errors.ts";
import { queuedWords } from "../../model/orders.ts";
import { clearQueue as dropQueue, startOrQueue } from "../../operations/queue.ts";
import { checkRequest, RunInProgress, type RunRequest, startRun } from "../../operations/startRun.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { gatherAtoms } from "../atoms.ts";
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
  /** Where a run is in progress: after it. */
  queue?: boolean;
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
  const run = options.queue
    ? await startedOrQueued(context, request)
    : await startRun(context, request).catch(namingQueue);
  if (run === null) return;
  if (options.dryRun) return (await import("../dryRun.ts")).showDryRun(context, { target, run });
  if (options.detach) {
    if (context.json) context.printJson({ run, target });
    else context.print(`${run} has started.\n  → Look: swarm status`);
    return;
  }
  if (!context.json) context.print(`${run} has started.`);
  await (await import("../runToGate.ts")).runToGate(context, { target, run });
}

/** The run that was started; null: it is queued, and told. */
async function startedOrQueued(context: Context, request: RunRequest): Promise<string | null> {
  const { target } = request;
  const { outcome, run, queued } = await startOrQueue(context, request);
  if (outcome === "started") return run;
  if (context.json) context.printJson({ run, target, queued });
  else {
    context.print([
      `✓ Queued: a run begins when ${run} has ended, with ${queuedWords(queued)}.`,
      "  → Look: swarm status",
    ]);
  }
  return null;
}

function namingQueue(error: unknown): never {
  if (!(error instanceof RunInProgress)) throw error;
  throw new UserError(`${error.message}. To begin when it has ended: swarm run-update --queue`);
}

/** What the options ask for, checked; the target is known to the binhost. */
export async function startRequest(context: Context, atoms: string[], options: StartOptions): Promise<RunRequest> {
  if (options.dryRun && options.detach) {
    throw usageError("--dry-run builds nothing: it does not go with --detach or --auto-finalize");
  }
  if (options.dryRun && options.queue) throw usageError("--dry-run builds nothing: it does not go with --queue");
  const request: Omit<RunRequest, "target"> = {
    atoms: atoms.length > 0 ? atoms : ["@world"],
    options: {
      sync: options.sync,
      dryRun: options.dryRun ?? false,
      skipUnresolvable: options.skipUnresolvable ?? false,
      autoFinalize: options.autoFinalize ?? false,
      acceptFailed: options.acceptFailed ?? false,
    },
  };
  // Before the binhost is asked for the target.
  checkRequest(request);
  return { ...request, target: await chooseTarget(context, options.target) };
}

async function takeBack(context: Context, given: string | undefined): Promise<void> {
  const target = await chooseTarget(context, given);
  const dropped = await dropQueue(context, target);
  if (context.json) context.printJson({ target, dropped });
  else if (dropped.length === 0) context.print("Nothing was queued.");
  else context.print(`✓ Taken back: ${queuedWords(dropped)}`);
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
    .option("--queue", "while a run is in progress: begin when it has ended")
    .option("--clear-queue", "take back all that is queued; starts nothing")
    .action(({ packages, clearQueue, ...options }: StartOptions & { packages: string[]; clearQueue?: boolean }) => {
      if (!clearQueue) return startAndFollow(context(), packages, options);
      if (packages.length > 0 || options.queue) throw usageError("--clear-queue goes alone: it takes back everything");
      return takeBack(context(), options.target);
    });
  examples(command, [
    ["swarm run-update", "update the world, and watch until it can be finalized"],
    ["swarm run-update --dry-run", "only show what would be built, and why"],
    ["swarm run-update --packages app-editors/vim,dev-vcs/git", "update these and what they need"],
    ["swarm run-update --auto-finalize --detach", "all by itself"],
    ["swarm run-update --queue --packages app-editors/vim", "now, or when the run in progress has ended"],
    ["swarm run-update --clear-queue", "take back what is queued"],
  ]);
};
