import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** fsync of a directory, so that a rename in it survives a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory and its parents; those that are new survive a power cut. */
export async function makeDirectory(path: string): Promise<void> {
  const last = resolve(path);
  const first = await mkdir(last, { recursive: true });
  if (first === undefined) return;
  for (let made = last; made !== dirname(first); made = dirname(made)) await syncDirectory(dirname(made));
}

/** Renames within one filesystem and syncs the target's directory. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/**
 * The file appears whole or not at all: written to a temporary name beside it, synced, renamed.
 * Parent directories are made. `mode` is of the new file.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await makeDirectory(dirname(path));
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx", mode);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
