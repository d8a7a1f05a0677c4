import { lastWritten } from "../../../model/lastWritten.ts";
import { readable } from "./readable.ts";

/** A piece of text in one look. */
export interface Run {
  text: string;
  /** Names of classes, separated by spaces. */
  classes: string;
  /** A colour that is none of the 16 named ones, as style sheets have it. */
  color?: string;
  background?: string;
}

interface Look {
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  color: string | null;
  background: string | null;
}

const PLAIN: Look = {
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  color: null,
  background: null,
};

const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
  /\x1b\[([0-9;:?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]/g;

/** What may go on in the text that comes next. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const UNFINISHED = /\x1b(?:\[[0-9;:?]*)?$/;

/** More pieces would hold up the page: what follows in the line is plain. */
const MOST_RUNS = 100;

/**
 * Turns text with terminal colours (ECMA-48 SGR) into pieces with classes, which a strict content security policy
 * permits; what else a terminal would obey is left out. The look lasts from one line to the next.
 */
export class AnsiReader {
  #look: Look = PLAIN;

  /** A line that may go on: the next text begins with the look that this one began with. */
  openLine(text: string): Run[] {
    const look = this.#look;
    const runs = this.line(text.replace(UNFINISHED, ""));
    this.#look = look;
    return runs;
  }

  line(text: string): Run[] {
    const shown = lastWritten(text);
    const runs: Run[] = [];
    let from = 0;
    for (const match of shown.matchAll(SEQUENCE)) {
      this.#add(runs, shown.slice(from, match.index));
      from = match.index + match[0].length;
      if (match[2] === "m") this.#obey((match[1] ?? "").split(/[;:]/).map(Number));
    }
    this.#add(runs, shown.slice(from));
    return runs;
  }

  #add(runs: Run[], text: string): void {
    if (text === "") return;
    const last = runs[MOST_RUNS];
    if (last !== undefined) {
      last.text += text;
      return;
    }
    if (runs.length === MOST_RUNS) {
      runs.push({ text, classes: "" });
      return;
    }
    const { bold, dim, italic, underline, inverse, color, background } = this.#look;
    const [front, back] = inverse ? [background ?? "back", color ?? "front"] : [color, background];
    const classes = [bold && "b", dim && "d", italic && "i", underline && "u"].filter((name) => name !== false);
    const run: Run = { text, classes: "" };
    if (front?.startsWith("rgb")) run.color = back ? front : readable(partsOf(front));
    else if (front) classes.push(`f-${front}`);
    if (back?.startsWith("rgb")) run.background = back;
    else if (back) classes.push(`g-${back}`);
    run.classes = classes.join(" ");
    runs.push(run);
  }

  #obey(codes: number[]): void {
    let look = { ...this.#look };
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] ?? 0;
      if (code === 0) look = { ...PLAIN };
      else if (code === 1) look.bold = true;
      else if (code === 2) look.dim = true;
      else if (code === 3) look.italic = true;
      else if (code === 4) look.underline = true;
      else if (code === 7) look.inverse = true;
      else if (code === 22) look.bold = look.dim = false;
      else if (code === 23) look.italic = false;
      else if (code === 24) look.underline = false;
      else if (code === 27) look.inverse = false;
      else if (code >= 30 && code <= 37) look.color = String(code - 30);
      else if (code >= 90 && code <= 97) look.color = String(code - 82);
      else if (code === 39) look.color = null;
      else if (code >= 40 && code <= 47) look.background = String(code - 40);
      else if (code >= 100 && code <= 107) look.background = String(code - 92);
      else if (code === 49) look.background = null;
      else if (code === 38 || code === 48) {
        const [color, taken] = extended(codes.slice(i + 1));
        i += taken;
        if (code === 38) look.color = color;
        else look.background = color;
      }
    }
    this.#look = look;
  }
}

/** The colour that `38;` or `48;` is followed by, and how many numbers it takes. */
function extended([kind, a = 0, b = 0, c = 0]: number[]): [color: string | null, taken: number] {
  if (kind === 2) return [rgb(a, b, c), 4];
  if (kind !== 5) return [null, 1];
  if (a < 16) return [String(a), 2];
  if (a >= 232) return [rgb(8 + (a - 232) * 10, 8 + (a - 232) * 10, 8 + (a - 232) * 10), 2];
  const level = (n: number): number => (n === 0 ? 0 : 55 + 40 * n);
  const cube = a - 16;
  return [rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)), 2];
}

function partsOf(color: string): number[] {
  return (color.match(/\d+/g) ?? []).map(Number);
}

function rgb(...parts: number[]): string {
  return `rgb(${parts.map((part) => Math.min(255, Math.max(0, Math.round(part) || 0))).join(" ")})`;
}
