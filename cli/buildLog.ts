import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

/** A chunk that is read at once. bytes */
const CHUNK = 64 * 1024;

/**
 * Opens a log for reading; null where it is not there. A link that leads out of the drone's logs is not followed: builds
 * write there.
 */
export async function openLog(droneDir: string, file: string): Promise<FileHandle | null> {
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

/** Hands on what a log has from byte `from`; returns where it ends now. */
export async function readOn(log: FileHandle, from: number, write: (bytes: Buffer) => void): Promise<number> {
  let at = from;
  for (;;) {
    const { bytesRead, buffer } = await log.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
    if (bytesRead === 0) return at;
    write(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
