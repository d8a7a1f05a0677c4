import { type FileHandle, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LogCut } from "../model/logs.ts";
import { makeDirectory } from "../system/atomicFile.ts";
import { isErrno, orNull } from "./errors.ts";

/** How much of a log is kept. Bytes */
export interface LogLimits {
  head: number;
  tail: number;
}

/** One file of a log that grows. */
interface Segment {
  file: string;
  /** Of its first byte in the log. */
  start: number;
  size: number;
}

/** Parts of the tail: the oldest goes when the others are enough. */
const TAIL_PARTS = 8;
const NAME = /^(\d{1,16})\.(\d{1,16})\.part$/;

/**
 * A log while it grows: its beginning in one file and its end in several, of which the oldest goes when there is too much.
 * A file is named `<begun>.<offset of its first byte>.part`, and nothing but names and sizes says what is there: a process
 * that is killed anywhere leaves a log that ends earlier, or that keeps a little more.
 */
export class LogSegments {
  readonly directory: string;
  /** When the build began to write it, ms since the epoch. */
  readonly begun: number;
  readonly #limits: LogLimits;
  /** In order; the first begins at 0, the others follow each other without a gap. */
  readonly #parts: Segment[];

  private constructor(directory: string, begun: number, limits: LogLimits, parts: Segment[]) {
    this.directory = directory;
    this.begun = begun;
    this.#limits = limits;
    this.#parts = parts;
  }

  /** What is there: the log that was begun last. null: none. */
  static async find(directory: string, limits: LogLimits): Promise<LogSegments | null> {
    const names = (await orNull(readdir(directory))) ?? [];
    const found = names.flatMap((name) => {
      const [, begun, start] = NAME.exec(name) ?? [];
      return begun === undefined ? [] : [{ file: join(directory, name), begun: Number(begun), start: Number(start) }];
    });
    const begun = Math.max(...found.map((it) => it.begun));
    const parts: Segment[] = [];
    for (const { file, start } of found.filter((it) => it.begun === begun).sort((a, b) => a.start - b.start)) {
      const size = (await orNull(stat(file)))?.size;
      if (size === undefined) continue;
      // Without its beginning it is no log; what comes after a gap in its end is what a kill has left.
      const isNext = parts.length === 0 ? start === 0 : parts.length === 1 || start === endOf(parts);
      if (isNext) parts.push({ file, start, size });
    }
    return parts.length === 0 ? null : new LogSegments(directory, begun, limits, parts);
  }

  /** A log that has nothing yet; what was there of others goes. */
  static async begin(directory: string, begun: number, limits: LogLimits): Promise<LogSegments> {
    for (const name of (await orNull(readdir(directory))) ?? []) await rm(join(directory, name), { force: true });
    await makeDirectory(directory);
    return new LogSegments(directory, begun, limits, []);
  }

  /** Bytes up to here have come, but for the cut. */
  get end(): number {
    return endOf(this.#parts);
  }

  get cut(): LogCut | null {
    const [head, tail] = this.#parts;
    if (head === undefined || tail === undefined || tail.start === head.size) return null;
    return { from: head.size, to: tail.start };
  }

  /** Where bytes may be left out: behind what has come of the beginning. */
  get headEnd(): number {
    return this.#parts[0]?.size ?? 0;
  }

  /** Adds what comes next. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const part = this.#partForMore();
      const room = this.#roomOf(part) - part.size;
      const handle = await open(part.file, "a", 0o644);
      try {
        const { bytesWritten } = await handle.write(bytes, done, Math.min(room, bytes.length - done));
        part.size += bytesWritten;
        done += bytesWritten;
      } finally {
        await handle.close();
      }
    }
    await this.#trim();
  }

  /** Leaves out what comes before `offset`, but for the beginning of the log: its end begins there anew. */
  async skipTo(offset: number): Promise<void> {
    // The newest first: a kill leaves a log that ends earlier.
    while (this.#parts.length > 1) await rm(this.#parts.pop()?.file ?? "", { force: true });
    this.#parts.push(await this.#made(offset));
  }

  /** Up to `limit` bytes from `offset` on, all of one file; null where `offset` is in the cut or at the end. */
  async read(offset: number, limit: number): Promise<Uint8Array | null> {
    const part = this.#parts.find(({ start, size }) => start <= offset && offset < start + size);
    if (!part) return null;
    const handle = await open(part.file, "r");
    try {
      return await readAt(handle, offset - part.start, Math.min(limit, part.start + part.size - offset));
    } finally {
      await handle.close();
    }
  }

  #partForMore(): Segment {
    const last = this.#parts.at(-1);
    if (last && last.size < this.#roomOf(last)) return last;
    const part = { file: this.#fileAt(this.end), start: this.end, size: 0 };
    this.#parts.push(part);
    return part;
  }

  /** Made at once: without a file nothing says that bytes were left out. */
  async #made(start: number): Promise<Segment> {
    const file = this.#fileAt(start);
    await (await open(file, "w", 0o644)).close();
    return { file, start, size: 0 };
  }

  #fileAt(start: number): string {
    return join(this.directory, `${this.begun}.${start}.part`);
  }

  #roomOf({ start }: Segment): number {
    const { head, tail } = this.#limits;
    return start === 0 ? head : Math.max(1, Math.ceil(tail / TAIL_PARTS));
  }

  async #trim(): Promise<void> {
    for (;;) {
      const [, oldest] = this.#parts;
      if (oldest === undefined || this.end - oldest.start <= this.#limits.tail) return;
      await rm(oldest.file, { force: true });
      this.#parts.splice(1, 1);
    }
  }
}

function endOf(parts: readonly Segment[]): number {
  const last = parts.at(-1);
  return last === undefined ? 0 : last.start + last.size;
}

/** So many bytes of a file, or fewer where it ends before. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/** Whether the reader came too late: what it read is being removed, or was compressed. */
export function isGone(error: unknown): boolean {
  return isErrno(error, "ENOENT");
}
