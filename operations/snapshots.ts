import type { SnapshotInfo } from "../model/binhost.ts";
import { UserError, usageError } from "../model/errors.ts";
import type { SnapshotDiff } from "../model/snapshot.ts";
import { nearest } from "../system/nearest.ts";
import type { Access } from "./access.ts";
import { chooseTarget } from "./targets.ts";

/** A target's snapshots, newest first. */
export interface TargetSnapshots {
  target: string;
  snapshots: SnapshotInfo[];
}

/** @param given absent: the only target */
export async function readSnapshots(access: Access, given: string | undefined): Promise<TargetSnapshots> {
  const binhost = await access.binhost();
  const target = await chooseTarget(access, given);
  return { target, snapshots: await binhost.snapshots(target) };
}

/** UserError: nothing was published yet. */
export function currentSnapshot({ snapshots, target }: TargetSnapshots): SnapshotInfo {
  const found = snapshots.find((each) => each.current);
  if (!found)
    throw new UserError(`${target} has no snapshot yet. One is published by: swarm run-update, then swarm finalize`);
  return found;
}

/** The one that was made before another. UserError: there is none. */
export function previousSnapshot({ snapshots, target }: TargetSnapshots, id: string): SnapshotInfo {
  const found = snapshots[snapshots.findIndex((each) => each.id === id) + 1];
  if (!found) throw new UserError(`${target} has no snapshot before ${id}. See: swarm snapshots list`);
  return found;
}

/** Checks an id that was given; `current` is one. UserError: there is no such snapshot. */
export function snapshotNamed(chosen: TargetSnapshots, id: string): string {
  if (id === "current") return currentSnapshot(chosen).id;
  const ids = chosen.snapshots.map((each) => each.id);
  if (ids.includes(id)) return id;
  const near = nearest(id, ids);
  throw usageError(
    `${chosen.target} has no snapshot '${id}'${near ? `, did you mean '${near}'?` : ""}. See: swarm snapshots list`,
  );
}

/** What is different between two: without `from` since the one before, without `to` up to the current one. */
export async function snapshotDiff(
  access: Access,
  chosen: TargetSnapshots,
  from: string | undefined,
  to: string | undefined,
): Promise<SnapshotDiff> {
  const end = to === undefined ? currentSnapshot(chosen).id : snapshotNamed(chosen, to);
  const begin = from === undefined ? previousSnapshot(chosen, end).id : snapshotNamed(chosen, from);
  return await (await access.binhost()).diff(chosen.target, begin, end);
}

/** Removes old snapshots, never the current one. @param given how many are kept; absent: as configured */
export async function pruneSnapshots(
  access: Access,
  target: string,
  given: number | undefined,
): Promise<{ keep: number; removed: string[] }> {
  const keep = given ?? (await access.config()).binhost.keepSnapshots;
  return { keep, removed: await (await access.binhost()).prune(target, keep) };
}
