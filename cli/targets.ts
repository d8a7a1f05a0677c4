import type { Command } from "commander";
import type { TargetInfo } from "../model/binhost.ts";
import { usageError } from "../model/errors.ts";
import { nearest } from "../system/nearest.ts";
import type { Context } from "./context.ts";
import { listRuns } from "./runs.ts";

/** `--target`, alike on every verb that acts on a run. */
export function targetOption(command: Command): Command {
  return command.option("--target <name>", "the target (default: the only one)");
}

/** The target that is meant, asked from the binhost. UserError: unknown, none there, or several and none named. */
export async function chooseTarget(context: Context, given: string | undefined): Promise<string> {
  return pickTarget(await (await context.binhost()).targets(), given);
}

function pickTarget(targets: readonly TargetInfo[], given: string | undefined): string {
  const names = targets.map(({ name }) => name).sort();
  const known = `known: ${names.join(", ") || "none"}`;
  if (given !== undefined) {
    if (names.includes(given)) return given;
    const near = nearest(given, names);
    throw usageError(`unknown target '${given}'${near ? `, did you mean '${near}'?` : ";"} ${known}`);
  }
  const [first, ...others] = names;
  if (first === undefined) {
    throw usageError("there is no target yet. Put one: swarm target put DIRECTORY");
  }
  if (others.length > 0) throw usageError(`which target? Name one with --target; ${known}`);
  return first;
}

/**
 * The target whose run is meant: the one named, the only one that has a run in progress, else the only one. Needs no
 * binhost while a run is in progress, so that it can be paused or cancelled without.
 */
export async function chooseRun(context: Context, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const running = await listRuns(await context.client(), 20, true);
  const [first, ...others] = running.map(({ target }) => target).sort();
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    throw usageError(`which run? Name its target with --target; in progress: ${[first, ...others].join(", ")}`);
  }
  return chooseTarget(context, undefined);
}
