import { open, stat } from "node:fs/promises";
import { BUILD_PHASES, type BuildPhase, cleanLine, phaseBegun } from "../../portage/buildLog.ts";
import { keptFrom, type LogKeep } from "./logKeep.ts";

const CHUNK = 1024 * 1024;
/** A line longer than this is shown by its beginning. */
const MAX_PARTIAL = 4096;

/** What stands in place of a part that is not kept. */
const GAP = /\0{64,}/g;

/** Follows a build's log from its beginning, also when someone else began to write it. */
export class LogTail {
  phase: BuildPhase = "dependencies";
  lastLine = "";
  /** Bytes that were written. */
  size = 0;
  /** Where the phase begins, or somewhat before. Bytes */
  phaseFrom = 0;
  readonly #file: string;
  readonly #keep: LogKeep;
  #offset = 0;
  #partial = "";
  /** A part was gone before it was read. */
  #missed = false;

  /** @param keep what of a long log is here */
  constructor(file: string, keep: LogKeep) {
    this.#file = file;
    this.#keep = keep;
  }

  /** Reads what came since the last call. Returns when the log was written to last, ms since the epoch. */
  async update(): Promise<number> {
    const { size, mtimeMs } = await stat(this.#file);
    this.size = size;
    if (size > this.#offset) {
      const handle = await open(this.#file, "r");
      try {
        while (this.#offset < size) {
          this.#skipTo(keptFrom(this.#keep, this.#offset, size));
          const room = this.#offset < this.#keep.head ? Math.min(CHUNK, this.#keep.head - this.#offset) : CHUNK;
          const { bytesRead, buffer } = await handle.read(Buffer.alloc(room), 0, room, this.#offset);
          if (bytesRead === 0) break;
          const from = this.#offset;
          this.#offset += bytesRead;
          this.#take(from, buffer.subarray(0, bytesRead).toString("utf8"));
        }
      } finally {
        await handle.close();
      }
    }
    return mtimeMs;
  }

  /** Takes the lines that announce steps from who has read all of the log: one may have been in a part that was missed here. */
  know(marks: readonly string[]): void {
    if (!this.#missed) return;
    const known = marks.map(phaseBegun).findLast((phase) => phase !== null);
    if (known && BUILD_PHASES.indexOf(known) > BUILD_PHASES.indexOf(this.phase)) this.phase = known;
  }

  #skipTo(offset: number): void {
    if (offset === this.#offset) return;
    this.#offset = offset;
    this.#partial = "";
    this.#missed = true;
  }

  #take(from: number, text: string): void {
    const begins = Math.max(0, from - this.#partial.length);
    const lines = (this.#partial + text.replaceAll(GAP, "")).split("\n");
    this.#partial = (lines.pop() ?? "").slice(0, MAX_PARTIAL);
    for (const line of lines) {
      const begun = phaseBegun(line);
      if (begun === null) continue;
      this.phase = begun;
      this.phaseFrom = begins;
    }
    const shown = [...lines.slice(-50), this.#partial].map(cleanLine).findLast((line) => line.trim() !== "");
    this.lastLine = shown ?? this.lastLine;
  }
}

/** The last `bytes` of a file as text; empty where there is none. */
export async function endOf(file: string, bytes: number): Promise<string> {
  return (await endsFrom(file, 0, bytes)).at(-1) ?? "";
}

/** A file from a byte on, as text: whole, or, where it is longer than twice `bytes`, so much of its beginning and of its end. */
export async function bothEnds(file: string, from: number, bytes: number): Promise<string[]> {
  return await endsFrom(file, from, bytes, bytes);
}

async function endsFrom(file: string, from: number, last: number, first = 0): Promise<string[]> {
  const handle = await open(file, "r").catch(() => null);
  if (!handle) return [];
  const read = async (start: number, length: number): Promise<string> => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead).toString("utf8").replaceAll(GAP, "\n");
  };
  try {
    const { size } = await handle.stat();
    const begin = Math.min(from, size);
    if (size - begin <= first + last) return [await read(begin, size - begin)];
    return [...(first > 0 ? [await read(begin, first)] : []), await read(size - last, last)];
  } finally {
    await handle.close();
  }
}
