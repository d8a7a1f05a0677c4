import { lastWritten } from "../model/lastWritten.ts";
import { bytes as size } from "../model/words.ts";
import { clean } from "./line.ts";

/** What of a log is kept for the screen: lines, characters of each, and characters in all. */
const MAX_LINES = 20_000;
const MAX_LINE = 4_000;
const MAX_TEXT = 8_000_000;

/** A log as lines for a terminal, fed as it grows. Its bytes may be anything. */
export class LogText {
  /** Bytes before what was fed, which are not shown. */
  readonly skipped: number;
  #decoder = new TextDecoder("utf-8");
  #lines: string[] = [];
  /** Characters in `#lines`. */
  #length = 0;
  #open = "";
  /** What came first is the end of a line whose beginning is not here. */
  #isCut: boolean;
  /** Number of the first line that is kept: before it too many came. */
  #first = 0;
  #end: number;

  /** @param offset where in the log the first bytes are. */
  constructor(offset: number) {
    this.skipped = offset;
    this.#isCut = offset > 0;
    this.#end = offset;
  }

  /** Byte that comes next. */
  get end(): number {
    return this.#end;
  }

  /** @param offset where in the log the bytes are: what lies before them was left out of it. */
  push(bytes: Uint8Array, offset: number): void {
    if (offset > this.#end) this.#leaveOut(offset - this.#end);
    this.#end = offset + bytes.length;
    const parts = (this.#open + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#open = shortened(lastWritten(parts.pop() ?? ""));
    if (this.#isCut && parts.length > 0) {
      parts.shift();
      this.#isCut = false;
    }
    for (const part of parts) this.#add(shownLine(part));
    // Not at each line: what stays is copied.
    if (this.#lines.length > 1.1 * MAX_LINES || this.#length > 1.1 * MAX_TEXT) this.#dropFirst();
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#length += line.length;
  }

  #dropFirst(): void {
    let over = 0;
    for (const { length } of this.#lines) {
      if (this.#lines.length - over <= MAX_LINES && this.#length <= MAX_TEXT) break;
      this.#length -= length;
      over++;
    }
    this.#lines = this.#lines.slice(over);
    this.#first += over;
  }

  #leaveOut(number: number): void {
    if (this.#open !== "") this.#add(shownLine(this.#open));
    this.#open = "";
    this.#decoder = new TextDecoder("utf-8");
    this.#add(`... ${size(number)} were left out ...`);
    this.#isCut = true;
  }

  /** Number of the first line that is there, and that after the last one; a line that is not at its end yet counts. */
  get range(): { first: number; end: number } {
    return { first: this.#first, end: this.#first + this.#lines.length + (this.#open === "" ? 0 : 1) };
  }

  /** Number of the last line that is this one but for the spaces around it; null: none is. */
  findLast(line: string): number | null {
    const index = this.#lines.findLastIndex((each) => each.trim() === line);
    return index < 0 ? null : this.#first + index;
  }

  /** At most so many lines from a number on. */
  lines(from: number, count: number): string[] {
    const start = Math.max(0, from - this.#first);
    const lines = this.#lines.slice(start, start + count);
    if (this.#open !== "" && lines.length < count) lines.push(shownLine(this.#open));
    return lines;
  }
}

/** What is kept of a line that has not ended; what is written over stays so. */
function shortened(open: string): string {
  return open.length > MAX_LINE ? open.slice(0, MAX_LINE) + (open.endsWith("\r") ? "\r" : "") : open;
}

/** What a terminal would show of a line. */
function shownLine(raw: string): string {
  const line = clean(lastWritten(raw).replace(/\r+$/, "").slice(0, MAX_LINE));
  // V8 keeps the whole text that a part was cut out of: the part is copied.
  return raw.length > MAX_LINE ? Buffer.from(line).toString() : line;
}
