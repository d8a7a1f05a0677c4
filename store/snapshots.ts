import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SnapshotInfo } from "../model/binhost.ts";
import type { Snapshot, SnapshotDiff, StoredPackage } from "../model/snapshot.ts";
import { parseCpv } from "../portage/cpv.ts";
import { compareVersions } from "../portage/version.ts";
import type { StoreContext } from "./context.ts";
import { orNull, StoreError } from "./errors.ts";
import { readRecord, readSnapshot, type Summary, SummarySchema } from "./records.ts";
import { currentId, target } from "./targets.ts";

/** In a snapshot's directory once clients have seen it. One without it, and not current, is what a crash left. */
export const PUBLISHED = "published";

/** The target's snapshots, newest first. */
export async function snapshots(context: StoreContext, name: string): Promise<SnapshotInfo[]> {
  await target(context, name);
  const current = await currentId(context, name);
  const found = (await summaries(context, name)).filter((it) => it.published);
  return found.map(({ id, createdAt, run, packages, bytes }) => {
    return { id, createdAt, run, packages, bytes, current: id === current };
  });
}

/** Every snapshot that is whole on disk, newest first; `published` is false for one that clients never saw. */
export async function summaries(context: StoreContext, name: string): Promise<(Summary & { published: boolean })[]> {
  const root = context.layout.snapshots(name);
  const ids = ((await orNull(readdir(root))) ?? []).filter((id) => !id.startsWith("."));
  const found = await Promise.all(
    ids.map(async (id) => {
      const summary = await orNull(readRecord(join(root, id, "summary.json"), SummarySchema));
      const marked = (await orNull(readFile(join(root, id, PUBLISHED)))) !== null;
      return summary === null ? null : { ...summary, published: marked || id === (await currentId(context, name)) };
    }),
  );
  return found.filter((it) => it !== null).sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** A published snapshot; `current` is the one that clients see. */
export async function snapshot(context: StoreContext, name: string, id: string): Promise<Snapshot | null> {
  await target(context, name);
  const current = await currentId(context, name);
  const wanted = id === "current" ? current : id;
  if (wanted === null) return null;
  const directory = context.layout.snapshot(name, wanted);
  const published = wanted === current || (await orNull(readFile(join(directory, PUBLISHED)))) !== null;
  return published ? orNull(readSnapshot(join(directory, "snapshot.json"))) : null;
}

/** As `snapshot`, but a missing one is an error that names those there are. */
export async function existingSnapshot(context: StoreContext, name: string, id: string): Promise<Snapshot> {
  const found = await snapshot(context, name, id);
  if (found !== null) return found;
  const known = (await snapshots(context, name)).map((it) => it.id);
  throw new StoreError("not-found", `target ${name} has no snapshot ${id}`, {
    hint: known.length === 0 ? "Nothing has been published for it yet." : `It has: ${known.join(", ")}.`,
  });
}

export async function diff(context: StoreContext, name: string, from: string, to: string): Promise<SnapshotDiff> {
  return compareSnapshots(await existingSnapshot(context, name, from), await existingSnapshot(context, name, to));
}

/** What changed: by category/name and slot the newest version counts; the rest is added or removed by CPV. */
export function compareSnapshots(from: Snapshot, to: Snapshot): SnapshotDiff {
  const before = new Map(from.packages.map((it) => [it.cpv, it]));
  const after = new Map(to.packages.map((it) => [it.cpv, it]));
  const added = new Set([...after.keys()].filter((cpv) => !before.has(cpv)));
  const removed = new Set([...before.keys()].filter((cpv) => !after.has(cpv)));
  const oldest = newestBySlot(from.packages);
  const changed: SnapshotDiff["changed"] = [];
  for (const [name, now] of newestBySlot(to.packages)) {
    const was = oldest.get(name);
    if (was === undefined || was.cpv === now.cpv) continue;
    changed.push({ name, from: versionOf(was), to: versionOf(now) });
    added.delete(now.cpv);
    removed.delete(was.cpv);
  }
  const rebuilt = [...after.values()].flatMap((now) => {
    const was = before.get(now.cpv);
    return was === undefined || was.sha256 === now.sha256 ? [] : [{ cpv: now.cpv, from: was.buildId, to: now.buildId }];
  });
  return {
    from: from.id,
    to: to.id,
    added: [...added].sort(),
    removed: [...removed].sort(),
    changed: changed.sort((a, b) => (a.name < b.name ? -1 : 1)),
    rebuilt: rebuilt.sort((a, b) => (a.cpv < b.cpv ? -1 : 1)),
  };
}

/** category/name, or category/name:slot where the slot is not 0 -> the newest version there. */
function newestBySlot(packages: readonly StoredPackage[]): Map<string, StoredPackage> {
  const newest = new Map<string, StoredPackage>();
  for (const it of packages) {
    const { cp } = parseCpv(it.cpv);
    const key = it.slot === "0" ? cp : `${cp}:${it.slot}`;
    const other = newest.get(key);
    if (other === undefined || compareVersions(versionOf(it), versionOf(other)) > 0) newest.set(key, it);
  }
  return newest;
}

function versionOf(it: StoredPackage): string {
  return parseCpv(it.cpv).fullVersion;
}
