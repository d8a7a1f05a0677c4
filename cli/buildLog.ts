import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { keepFor, keptFrom, type LogKeep } from "../activities/drone/logKeep.ts";
import type { LogCut } from "../model/logs.ts";
import type { LogSource } from "../operations/buildLogs.ts";
import { cutNote } from "../store/logNote.ts";

/** A chunk that is read at once. bytes */
const CHUNK = 64 * 1024;
/** Read of what may have gone, to see whether it has. bytes */
const PROBE = 4096;

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

/** The part of a long log that is not on the disk any more; it reads as zeros. */
async function cutOf(log: FileHandle, keep: LogKeep, size: number): Promise<LogCut | null> {
  const to = keptFrom(keep, keep.head, size);
  if (to === keep.head) return null;
  const { bytesRead, buffer } = await log.read(Buffer.alloc(PROBE), 0, PROBE, keep.head);
  return buffer.subarray(0, bytesRead).every((byte) => byte === 0) ? { from: keep.head, to } : null;
}

/** A drone's own log on this machine; null where it is not there. To be closed. @param limitBytes what the binhost keeps of one. */
export async function droneLog(
  droneDir: string,
  file: string,
  limitBytes: number,
): Promise<(LogSource & { close(): Promise<void> }) | null> {
  const log = await openLog(droneDir, file);
  if (log === null) return null;
  const keep = keepFor(limitBytes);
  return {
    read: async (offset) => {
      const { size } = await log.stat();
      const cut = await cutOf(log, keep, size);
      const piece = { size, complete: false, cut, begun: 0 };
      if (cut && offset >= cut.from && offset < cut.to) {
        const note = cutNote({ from: offset, to: cut.to });
        return { ...piece, offset: cut.to - note.length, bytes: note, next: cut.to };
      }
      const room = cut && offset < cut.from ? Math.min(CHUNK, cut.from - offset) : CHUNK;
      const { bytesRead, buffer } = await log.read(Buffer.alloc(room), 0, room, offset);
      const next = offset + bytesRead;
      return { ...piece, offset, bytes: buffer.subarray(0, bytesRead), next, size: Math.max(size, next) };
    },
    // What was written is there at once.
    settlesWithin: 0,
    close: () => log.close(),
  };
}
