// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what this is about
/*
 * What a log, a package or a machine says may hold anything, also what moves a terminal's cursor, renames its window or types
 * into it. None of that reaches a terminal.
 */

const PLAIN = /^[\n\t -~]*$/;
/** What is no text (controls, what turns the direction of text around, what has no width), but the colours of our own screens. */
const STRANGE = /\u{1b}\[(?:[127]|3[1236]|22|27|39)m|[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\n\t]]/gv;

/** Text for a terminal: what is no text in its escaped form, `\u001b`, as JSON has it. Our own colours stay. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(STRANGE, (each) => (each.length > 1 && each.startsWith("\u001b") ? each : escaped(each)));
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
}

const COLOUR = /\u{1b}\[[\d;:]*m/v;
/** A colour that is none: what follows is not to be seen. 8 as a number of a palette is one. */
const HIDING = /(?<![345]8;5;)(?<![\d:])0*8(?=[;m])/v;
/** Sequences for a terminal: with parameters (ECMA-48 5.4), and those that end with BEL or ST, such as links and window titles. */
const SEQUENCE = /\u{1b}\[[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]|\u{1b}[\]PX^_][^\x07\u{1b}\n]*(?:\x07|\u{1b}\\)/gv;
/** The beginning of one, which may go on with the next bytes. */
const BEGUN = /(?:\u{1b}(?:\[[\x30-\x3f]*[\x20-\x2f]*|[\]PX^_][^\x07\u{1b}\n]*\u{1b}?)?|\r+)$/v;
/** Longer ones are none. Characters */
const MAX_SEQUENCE = 4_096;
const RESET = "\u001b[0m";

/** A log as a terminal may have it, fed as it comes: its words and, where wanted, its colours. */
export class PrintableLog {
  readonly #write: (text: string) => void;
  readonly #colours: boolean;
  readonly #decoder = new TextDecoder("utf-8");
  #open = "";
  #isColoured = false;

  /** @param colours whether the log's own colours are kept. */
  constructor(write: (text: string) => void, colours: boolean) {
    this.#write = write;
    this.#colours = colours;
  }

  push(bytes: Uint8Array): void {
    const text = this.#open + this.#decoder.decode(bytes, { stream: true });
    const begun = BEGUN.exec(text.slice(-MAX_SEQUENCE))?.[0] ?? "";
    this.#open = begun.length < MAX_SEQUENCE ? begun : "";
    this.#put(text.slice(0, text.length - this.#open.length));
  }

  /** Nothing more comes; the terminal has its own colours again. */
  end(): void {
    this.#put(this.#open + this.#decoder.decode());
    this.#open = "";
    if (this.#isColoured) this.#write(RESET);
  }

  #put(text: string): void {
    if (text === "") return;
    if (PLAIN.test(text)) {
      this.#write(text);
      return;
    }
    // What was written over is seen, too: a line of its own.
    const lines = text.replaceAll(/\r+\n?/g, "\n");
    let last = 0;
    let clean = "";
    for (const { 0: sequence, index } of lines.matchAll(SEQUENCE)) {
      clean += printable(lines.slice(last, index));
      last = index + sequence.length;
      if (!this.#colours || !COLOUR.test(sequence) || HIDING.test(sequence)) continue;
      clean += sequence;
      this.#isColoured = true;
    }
    this.#write(clean + printable(lines.slice(last)));
  }
}
