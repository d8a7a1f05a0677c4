import { printable } from "./printable.ts";
import { truncate } from "./text.ts";

/** A block of lines on a terminal that is drawn again in its place. */
export class LiveBlock {
  readonly #out: NodeJS.WriteStream;
  #height = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** Replaces what was drawn before. Never more than the terminal holds: what scrolls away cannot be drawn over. */
  draw(lines: readonly string[]): void {
    // A terminal that does not know its size says 0.
    const columns = this.#out.columns || 80;
    const rows = (this.#out.rows || 24) - 1;
    const shown = lines.slice(0, rows).map((line) => truncate(printable(line).replaceAll("\n", " "), columns));
    this.#out.write(`${this.#home()}${shown.join("\n")}\n`);
    this.#height = shown.length;
  }

  /** Takes the block away. */
  clear(): void {
    this.#out.write(this.#home());
    this.#height = 0;
  }

  /** Cursor to the block's first line, and everything from there on erased. */
  #home(): string {
    return this.#height > 0 ? `\u001b[${this.#height}A\r\u001b[J` : "";
  }
}
