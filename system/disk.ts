import { readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

export const GIB = 1024 ** 3;

/** Bytes that an ordinary user may still write below `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Files of a directory of directories of files, and the bytes that they have. */
export async function filesBelow(directory: string): Promise<{ files: number; bytes: number }> {
  const found = { files: 0, bytes: 0 };
  for (const part of await readdir(directory).catch(() => [])) {
    for (const name of await readdir(join(directory, part)).catch(() => [])) {
      const info = await stat(join(directory, part, name)).catch(() => null);
      if (!info?.isFile()) continue;
      found.files++;
      found.bytes += info.size;
    }
  }
  return found;
}

/**
 * Removes the files of a directory that were used longest ago (by their modification time) until the others take at most `limit`
 * bytes. Those used in the last `spareMs` stay in any case.
 * @returns bytes of those that stay.
 */
export async function trimDirectory(directory: string, limit: number, spareMs = 0): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const info = await stat(path).catch(() => null);
      return info?.isFile() ? [{ path, size: info.size, used: info.mtimeMs }] : [];
    }),
  );
  const spared = Date.now() - spareMs;
  let total = 0;
  let left = 0;
  for (const file of found.flat().sort((a, b) => b.used - a.used)) {
    total += file.size;
    if (total > limit && file.used < spared) await rm(file.path, { force: true });
    else left += file.size;
  }
  return left;
}
