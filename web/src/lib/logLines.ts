import { AnsiReader, type Run } from "./ansi.ts";

/** A line of a log. */
export interface LogLine {
  /** Counts the lines that were seen, from 0. */
  number: number;
  runs: Run[];
  /** Characters. */
  length: number;
}

/** A longer line is cut: nobody reads it, and it would hold up the page. Characters. */
const LONGEST_LINE = 4_000;

/** Of all kept lines together. Characters. */
const MOST_KEPT = 1024 * 1024;

/** The last lines of a log whose bytes come in pieces, in any encoding. */
export class LogLines {
  readonly #keep: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: false });
  readonly #ansi = new AnsiReader();
  #rest = "";
  #number = 0;
  #lines: LogLine[] = [];
  /** Characters in them. */
  #kept = 0;

  /** `keep`: how many lines at most. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Lines that were seen and are not kept. */
  get dropped(): number {
    return this.#number - this.#lines.length;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  push(bytes: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = parts.pop() ?? "";
    // A line without an end must not grow for ever.
    if (this.#rest.length > 4 * LONGEST_LINE) this.#rest = this.#rest.slice(0, 2 * LONGEST_LINE);
    this.#add(parts);
  }

  /** What the log ends with, if no line end came after it. */
  finish(): void {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    if (rest !== "") this.#add([rest]);
  }

  #add(texts: readonly string[]): void {
    if (texts.length === 0) return;
    const lines = [...this.#lines, ...texts.map((text) => this.#line(text))];
    let first = 0;
    while (lines.length - first > this.#keep || (this.#kept > MOST_KEPT && lines.length - first > 1)) {
      this.#kept -= lines[first]?.length ?? 0;
      first++;
    }
    this.#lines = lines.slice(first);
  }

  #line(text: string): LogLine {
    const cut = text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)} … (cut)` : text;
    const runs = this.#ansi.line(cut);
    const length = runs.reduce((sum, run) => sum + run.text.length, 0);
    this.#kept += length;
    return { number: this.#number++, runs, length };
  }
}
