import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { LogSource } from "../operations/buildLogs.ts";

/** A chunk that is read at once. bytes */
const CHUNK = 64 * 1024;

/**
 * Opens a log for reading; null where it is not there. A link that leads out of the drone's logs is not followed: builds
 * write there.
 */
async function openLog(droneDir: string, file: string): Promise<FileHandle | null> {
  try {
    const [logs, directory] = await Promise.all([realpath(join(droneDir, "logs")), realpath(dirname(file))]);
    if (!`${directory}${sep}`.startsWith(`${logs}${sep}`)) return null;
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
    throw error;
  }
}

/** A drone's own log on this machine; null where it is not there. To be closed. */
export async function droneLog(
  droneDir: string,
  file: string,
): Promise<(LogSource & { close(): Promise<void> }) | null> {
  const log = await openLog(droneDir, file);
  if (log === null) return null;
  return {
    read: async (offset) => {
      const { size } = await log.stat();
      const { bytesRead, buffer } = await log.read(Buffer.alloc(CHUNK), 0, CHUNK, offset);
      const next = offset + bytesRead;
      const bytes = buffer.subarray(0, bytesRead);
      return { offset, bytes, next, size: Math.max(size, next), complete: false, cut: null, begun: 0 };
    },
    // What was written is there at once.
    settlesWithin: 0,
    close: () => log.close(),
  };
}
