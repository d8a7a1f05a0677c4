import { link, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeDirectory, writeFileAtomic } from "../system/atomicFile.ts";
import type { StoreContext } from "./context.ts";
import { isErrno, orNull, StoreError } from "./errors.ts";
import { type PoolRecord, PoolRecordSchema, readRecord } from "./records.ts";

/**
 * Takes a checked file into the pool by a hard link. The caller holds the pool's lock.
 * The record is written last: a file without one was never accepted, and is taken again or removed as unused.
 */
export async function addToPool(context: StoreContext, file: string, record: PoolRecord): Promise<string> {
  const { sha256 } = record.package;
  const path = context.layout.poolFile(sha256);
  await makeDirectory(dirname(path));
  await linkOnce(file, path);
  context.checkpoint("accept: in the pool");
  await writeFileAtomic(context.layout.poolRecord(sha256), JSON.stringify(record));
  return path;
}

export function poolRecord(context: StoreContext, sha256: string): Promise<PoolRecord> {
  return readRecord(context.layout.poolRecord(sha256), PoolRecordSchema);
}

/** Absolute path of an artifact of the pool. */
export async function artifactFile(context: StoreContext, sha256: string): Promise<string> {
  const path = context.layout.poolFile(sha256);
  const known = (await orNull(stat(context.layout.poolRecord(sha256)))) !== null;
  if (known && (await orNull(stat(path))) !== null) return path;
  throw new StoreError("not-found", `no artifact ${sha256} in this binhost`);
}

/**
 * Removes the artifacts that no snapshot, no staging and no upload links. The caller holds the pool's lock.
 * The record goes first: see addToPool.
 */
export async function removeUnused(context: StoreContext): Promise<void> {
  const { pool } = context.layout;
  for (const part of (await orNull(readdir(pool))) ?? []) {
    const directory = join(pool, part);
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      const record = `${path.slice(0, -".gpkg.tar".length)}.json`;
      if (name.endsWith(".tmp")) await rm(path, { force: true });
      if (!name.endsWith(".gpkg.tar") || (await stat(path)).nlink > 1) continue;
      await rm(record, { force: true });
      context.checkpoint("prune: record removed");
      await rm(path, { force: true });
    }
  }
}

/** A hard link that may be there already. */
export async function linkOnce(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}
