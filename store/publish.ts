import { randomBytes } from "node:crypto";
import { readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PublishRequest } from "../model/binhost.ts";
import type { Snapshot, StoredPackage } from "../model/snapshot.ts";
import { makeDirectory, renameDurably, syncDirectory } from "../system/atomicFile.ts";
import { exclusively, type StoreContext } from "./context.ts";
import { orNull, StoreError } from "./errors.ts";
import { readRecord, SummarySchema } from "./records.ts";
import { existingSnapshot, PUBLISHED, snapshot, summaries } from "./snapshots.ts";
import { staged } from "./staging.ts";
import { currentId, readBundle, target } from "./targets.ts";
import { buildTree } from "./tree.ts";

/**
 * Makes what a run has staged visible: the last snapshot's packages plus the staged ones, of each CPV the newest build.
 * Nothing changes for clients before one rename, everything after it. Repeated for a run, it gives that run's snapshot.
 */
export async function publish(context: StoreContext, request: PublishRequest): Promise<Snapshot> {
  const name = request.target;
  await target(context, name);
  return exclusively(context, context.layout.targetLock(name), async () => {
    await settle(context, name);
    const earlier = (await summaries(context, name)).find((it) => it.run === request.run);
    if (earlier) return existingSnapshot(context, name, earlier.id);
    const last = await snapshot(context, name, "current");
    const packages = merge(last?.packages ?? [], await staged(context, request.run));
    const { run, createdAt, tree, bundle } = request;
    const made: Snapshot = { id: snapshotId(request), target: name, run, createdAt, tree, bundle, packages };
    await issue(context, made, `snapshots/${made.id}`, await nextTimestamp(context, name));
    return made;
  });
}

/** Publishes a kept snapshot again, under a newer index: clients would not read one that is older than theirs. */
export async function rollback(context: StoreContext, name: string, id: string): Promise<Snapshot> {
  return exclusively(context, context.layout.targetLock(name), async () => {
    const wanted = await existingSnapshot(context, name, id);
    await settle(context, name);
    if ((await currentId(context, name)) === wanted.id) return wanted;
    const timestamp = await nextTimestamp(context, name);
    await issue(context, wanted, `reissues/${wanted.id}.${timestamp}`, timestamp);
    return wanted;
  });
}

/**
 * Ends what a crash left, so that what follows starts from a plain state: the current snapshot is marked as seen by
 * clients, one that never was current is removed, and so is everything half made or superseded. The caller holds the target's lock.
 */
export async function settle(context: StoreContext, name: string): Promise<void> {
  const { layout } = context;
  const current = await currentId(context, name);
  if (current !== null) await markPublished(layout.snapshot(name, current));
  const known = await summaries(context, name);
  if (current === null && known.some((it) => it.published)) {
    throw new StoreError("broken", `target ${name} has snapshots, but ${layout.current(name)} is missing`, {
      hint: `Point it at the one that clients shall see: ln -s snapshots/ID ${layout.current(name)}`,
    });
  }
  for (const it of known) {
    if (!it.published) await rm(layout.snapshot(name, it.id), { recursive: true, force: true });
  }
  const link = await orNull(readlink(layout.current(name)));
  for (const directory of [layout.target(name), layout.snapshots(name), layout.reissues(name)]) {
    for (const entry of (await orNull(readdir(directory))) ?? []) {
      const unused = directory === layout.reissues(name) && link !== `reissues/${entry}`;
      if (unused || entry.startsWith(".")) await rm(join(directory, entry), { recursive: true, force: true });
    }
  }
}

/** Builds the directory beside its place, puts it there, and switches `current` to it by one rename. */
async function issue(context: StoreContext, made: Snapshot, link: string, timestamp: number): Promise<void> {
  const { layout } = context;
  const name = made.target;
  const place = join(layout.target(name), link);
  const { profile } = await readBundle(context, made.bundle);
  const building = join(place, "..", `.${made.id}.building`);
  await makeDirectory(building);
  await buildTree(context, building, made, { timestamp, profile: profile.path });
  await renameDurably(building, place);
  context.checkpoint("publish: tree in place");
  const next = join(layout.target(name), `.current.${randomBytes(4).toString("hex")}`);
  await symlink(link, next);
  context.checkpoint("publish: link made");
  await renameDurably(next, layout.current(name));
  context.checkpoint("publish: switched");
  await markPublished(layout.snapshot(name, made.id));
}

/** Before another one is current: without its mark a snapshot is taken for what a crash has left. */
async function markPublished(directory: string): Promise<void> {
  await writeFile(join(directory, PUBLISHED), "");
  await syncDirectory(directory);
}

/**
 * Seconds by which the next index is newer. Portage asks for an index that changed since its own TIMESTAMP plus 5
 * (TIMESTAMP_TOLERANCE of portage/util/_urlopen.py): one that is newer by less would stay unseen until the next.
 */
const TIMESTAMP_STEP = 6;

/** Seconds since the epoch; enough above that of every index that clients may have, whatever the clock says. */
async function nextTimestamp(context: StoreContext, name: string): Promise<number> {
  const link = await orNull(readlink(context.layout.current(name)));
  const now = Math.floor(Date.now() / 1000);
  if (link === null) return now;
  const { timestamp } = await readRecord(join(context.layout.target(name), link, "summary.json"), SummarySchema);
  return Math.max(now, timestamp + TIMESTAMP_STEP);
}

/** Of each CPV the newest build; sorted by path. */
export function merge(last: readonly StoredPackage[], added: readonly StoredPackage[]): StoredPackage[] {
  const newest = new Map<string, StoredPackage>();
  for (const it of [...last, ...added]) {
    const other = newest.get(it.cpv);
    if (other === undefined || it.buildId >= other.buildId) newest.set(it.cpv, it);
  }
  return [...newest.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function snapshotId({ createdAt, run }: PublishRequest): string {
  const time = new Date(createdAt);
  if (Number.isNaN(time.getTime()))
    throw new StoreError("invalid", `createdAt ${JSON.stringify(createdAt)} is no time`);
  return `${time.toISOString().replace(/[-:]|\.\d+/g, "")}-${run}`;
}
