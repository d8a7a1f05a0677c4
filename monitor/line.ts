import { stripVTControlCharacters } from "node:util";
import type { Tone } from "../model/marks.ts";

/** `chosen`: the row that keys act on. */
export type Style = Tone | "chosen";

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export interface Span {
  text: string;
  style?: Style | undefined;
}

/** One line of the screen. Its texts may come from anywhere: they are cleaned when it is made. */
export interface Line {
  spans: readonly Span[];
  chosen?: boolean;
}

/** A line of texts; those with a style as `[style, text]`. */
export function line(...parts: readonly (string | readonly [Style | undefined, string])[]): Line {
  return {
    spans: parts.map((part) =>
      typeof part === "string" ? { text: clean(part) } : { style: part[0], text: clean(part[1]) },
    ),
  };
}

const PLAIN = /^[\x20-\x7e]*$/;
/** C0, C1, what turns the direction of text around, what has no width, and what some take for the end of a line. */
const STRANGE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gv;

/** Text that moves no cursor and switches nothing: a log may hold any bytes. */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text;
  return stripVTControlCharacters(text)
    .replaceAll("\t", "    ")
    .replace(STRANGE, (each) => (each === "\n" || each === "\r" ? " " : "?"));
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** What terminals draw over two columns: East Asian wide characters and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** Columns that a text takes. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The beginning of a text that takes at most so many columns. */
function cutTo(text: string, columns: number): string {
  if (PLAIN.test(text)) return text.slice(0, columns);
  let cut = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1;
    if (width > columns) break;
    cut += segment;
  }
  return cut;
}

/** A text in exactly so many columns; what is cut off ends with `…`. */
export function fitText(text: string, columns: number): string {
  const width = widthOf(text);
  if (width <= columns) return text + " ".repeat(columns - width);
  const cut = cutTo(text, columns - 1);
  return `${cut}${" ".repeat(columns - 1 - widthOf(cut))}…`;
}

export function lineWidth({ spans }: Line): number {
  return spans.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** A line in exactly so many columns. */
export function fitLine(whole: Line, columns: number): Line {
  let left = columns;
  const spans: Span[] = [];
  const width = lineWidth(whole);
  for (const { text, style } of whole.spans) {
    const own = widthOf(text);
    // Where the line goes on, one column stays for the mark of the cut.
    const room = width > columns ? left - 1 : left;
    if (own <= room) {
      spans.push({ text, style });
      left -= own;
      continue;
    }
    spans.push({ text: fitText(text, Math.max(1, left)), style });
    left = 0;
    break;
  }
  if (left > 0) spans.push({ text: " ".repeat(left) });
  return { ...whole, spans };
}

/** Two parts of a line, the second one at its right end. */
export function spread(first: Line, second: Line, columns: number): Line {
  const right = Math.min(lineWidth(second), columns);
  return { spans: [...fitLine(first, columns - right).spans, ...second.spans] };
}

/** A text in lines of at most so many columns, broken between words where that goes. */
export function wrap(text: string, most: number): string[] {
  // Whatever is as wide as that fits: a wide character in one column never would.
  const columns = Math.max(2, most);
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let current = "";
    for (const word of clean(paragraph).split(" ")) {
      const next = current === "" ? word : `${current} ${word}`;
      if (widthOf(next) <= columns) {
        current = next;
        continue;
      }
      if (current !== "") lines.push(current);
      current = word;
      for (; widthOf(current) > columns; current = current.slice(cutTo(current, columns).length)) {
        lines.push(cutTo(current, columns));
      }
    }
    lines.push(current);
  }
  return lines;
}

const ASCII: Record<string, string> = {
  ...{ "═": "=", "─": "-", "│": "|", "█": "#", "░": ".", "▸": ">" },
  ...{ "✓": "+", "✗": "x", "●": "*", "○": "o", "◐": "~", "‖": "=", "■": "#", "↻": "&" },
  ...{ "→": ">", "←": "<", "↑": "^", "↓": "v", "…": "~", "·": ".", "×": "x" },
};

/** A text for a terminal that shows ASCII only, as wide as it was. */
export function toAscii(text: string): string {
  if (PLAIN.test(text)) return text;
  return Array.from(graphemes.segment(text), ({ segment }) =>
    PLAIN.test(segment) ? segment : (ASCII[segment] ?? (WIDE.test(segment) ? "??" : "?")),
  ).join("");
}

/** A line as the terminal gets it. */
export function render(whole: Line, paint: Paint, ascii: boolean): string {
  const text = whole.spans
    .map(({ text, style }) => {
      const shown = ascii ? toAscii(text) : text;
      return style === undefined || shown === "" ? shown : paint(style, shown);
    })
    .join("");
  return whole.chosen ? paint("chosen", text) : text;
}
