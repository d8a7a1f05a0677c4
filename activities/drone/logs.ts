import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const DAY_MS = 24 * 3600_000;

/** Removes build logs that nobody has written to for `days`. */
export async function removeOldLogs(directory: string, days: number, now: number): Promise<void> {
  for (const name of await readdir(directory, { recursive: true }).catch(() => [])) {
    const path = join(directory, name);
    const info = await stat(path).catch(() => null);
    if (info?.isFile() && now - info.mtimeMs > days * DAY_MS) await rm(path, { force: true });
  }
}
