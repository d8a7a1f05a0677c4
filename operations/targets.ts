import type { TargetInfo } from "../model/binhost.ts";
import { UnknownName, usageError } from "../model/errors.ts";
import type { RunRecord } from "../model/run.ts";
import { nearest } from "../system/nearest.ts";
import type { Access } from "./access.ts";
import { listRuns } from "./runs.ts";

/** The target that is meant, asked from the binhost. UserError: unknown, none there, or several and none named. */
export async function chooseTarget(access: Access, given: string | undefined): Promise<string> {
  return pickTarget(await (await access.binhost()).targets(), given);
}

function pickTarget(targets: readonly TargetInfo[], given: string | undefined): string {
  const names = targets.map(({ name }) => name).sort();
  if (given !== undefined) {
    if (names.includes(given)) return given;
    throw unknownTarget(given, names);
  }
  const [first, ...others] = names;
  if (first === undefined) {
    throw usageError("there is no target yet. Put one: swarm target put DIRECTORY");
  }
  if (others.length > 0) throw usageError(`which target? Name one with --target; known: ${names.join(", ")}`);
  return first;
}

/** A target that the binhost does not have. */
export function unknownTarget(given: string, names: readonly string[]): UnknownName {
  const near = nearest(given, names);
  const hint = near === null ? ";" : `, did you mean '${near}'?`;
  return new UnknownName(given, `unknown target '${given}'${hint} known: ${names.join(", ") || "none"}`);
}

/**
 * The target whose run is meant: the one named, the only one that has a run in progress, else the only one. Needs no
 * binhost where the engine knows the answer, so that a run can be paused or looked at without.
 */
export async function chooseRun(access: Access, given: string | undefined): Promise<string> {
  const runs = await listRuns(await access.client(), 100);
  const targetsOf = (some: readonly RunRecord[]): string[] => [...new Set(some.map(({ target }) => target))].sort();
  const known = targetsOf(runs);
  if (given !== undefined) return known.includes(given) ? given : chooseTarget(access, given);
  const [first, ...others] = targetsOf(runs.filter(({ status }) => status === "RUNNING"));
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    throw usageError(`which run? Name its target with --target; in progress: ${[first, ...others].join(", ")}`);
  }
  const [only, another] = known;
  return only !== undefined && another === undefined ? only : chooseTarget(access, undefined);
}
