import { open, stat } from "node:fs/promises";
import { type BuildPhase, cleanLine, phaseBegun } from "../../portage/buildLog.ts";

const CHUNK = 1024 * 1024;
/** A line longer than this is shown by its beginning. */
const MAX_PARTIAL = 4096;

/** Follows a build's log from its beginning, also when someone else began to write it. */
export class LogTail {
  phase: BuildPhase = "dependencies";
  lastLine = "";
  readonly #file: string;
  #offset = 0;
  #partial = "";

  constructor(file: string) {
    this.#file = file;
  }

  /** Reads what came since the last call. Returns when the log was written to last, ms since the epoch. */
  async update(): Promise<number> {
    const { size, mtimeMs } = await stat(this.#file);
    if (size > this.#offset) {
      const handle = await open(this.#file, "r");
      try {
        while (this.#offset < size) {
          const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK, this.#offset);
          if (bytesRead === 0) break;
          this.#offset += bytesRead;
          this.#take(buffer.subarray(0, bytesRead).toString("utf8"));
        }
      } finally {
        await handle.close();
      }
    }
    return mtimeMs;
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = (lines.pop() ?? "").slice(0, MAX_PARTIAL);
    for (const line of lines) this.phase = phaseBegun(line) ?? this.phase;
    const shown = [...lines.slice(-50), this.#partial].map(cleanLine).findLast((line) => line.trim() !== "");
    this.lastLine = shown ?? this.lastLine;
  }
}

/** The last `bytes` of a file as text; empty where there is none. */
export async function endOf(file: string, bytes: number): Promise<string> {
  const handle = await open(file, "r").catch(() => null);
  if (!handle) return "";
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } finally {
    await handle.close();
  }
}
