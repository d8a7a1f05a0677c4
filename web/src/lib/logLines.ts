import { lastWritten } from "../../../model/lastWritten.ts";
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
  /** Those that have ended. */
  #lines: LogLine[] = [];
  /** Characters in them. */
  #kept = 0;
  #shown: readonly LogLine[] = [];

  /** `keep`: how many lines at most, but for one that has not ended. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Lines that were seen and are not kept. */
  get dropped(): number {
    return this.#number - this.#lines.length;
  }

  /** The same ones until something comes; the last may not have ended. */
  get lines(): readonly LogLine[] {
    return this.#shown;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Nothing more comes: the last line has ended, too. */
  finish(): void {
    const last = this.#decoder.decode();
    if (this.#rest + last !== "") this.#take(`${last}\n`);
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    const rest = lastWritten(parts.pop() ?? "");
    // A line without an end must not grow for ever; what is written over stays so.
    const isLong = rest.length > 4 * LONGEST_LINE;
    this.#rest = isLong ? rest.slice(0, 2 * LONGEST_LINE) + (rest.endsWith("\r") ? "\r" : "") : rest;
    this.#add(parts);
    const open = shortened(this.#rest);
    this.#shown = open === "" ? this.#lines : [...this.#lines, toLine(this.#number, this.#ansi.openLine(open))];
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
    const line = toLine(this.#number++, this.#ansi.line(shortened(text)));
    this.#kept += line.length;
    return line;
  }
}

function toLine(number: number, runs: Run[]): LogLine {
  return { number, runs, length: runs.reduce((sum, { text }) => sum + text.length, 0) };
}

function shortened(text: string): string {
  const seen = lastWritten(text);
  return seen.length > LONGEST_LINE ? `${seen.slice(0, LONGEST_LINE)} … (cut)` : seen;
}

/** Number of the line that says why a build failed, the last one like that; null: it is not among them. */
export function errorAmong(lines: readonly LogLine[], errorLine: string | undefined): number | null {
  if (errorLine === undefined) return null;
  const wanted = onOneLine(errorLine);
  const found =
    lines.findLast(({ runs }) => textOf(runs) === wanted) ??
    lines.findLast(({ runs }) => textOf(runs).startsWith(wanted));
  return wanted === "" ? null : (found?.number ?? null);
}

/** As drones tell it, which shorten it, too. */
function onOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ").trimEnd();
}

function textOf(runs: readonly Run[]): string {
  return onOneLine(runs.map(({ text }) => text).join(""));
}
