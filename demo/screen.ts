import { styleText } from "node:util";
import { duration } from "../model/words.ts";

/** What the demo prints, and how long its parts took. */
export class Screen {
  readonly #begin = performance.now();
  readonly #parts: { name: string; seconds: number }[] = [];

  /** Seconds since the demo began. */
  get elapsed(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  line(text = ""): void {
    process.stdout.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(`\n${this.#style("bold", `━━━ ${text}`)} ${this.#style("dim", `[${duration(this.elapsed * 1000)}]`)}`);
  }

  /** A command line, as a person would type it. */
  command(text: string): void {
    this.line(this.#style("cyan", `$ ${text}`));
  }

  /** What the demo itself does or has found. */
  remark(text: string): void {
    this.line(this.#style("dim", `  ${text}`));
  }

  /** Something that was checked and holds. */
  good(text: string): void {
    this.line(`  ${this.#style("green", "✓")} ${text}`);
  }

  event(text: string): void {
    this.line(this.#style("yellow", `  ⚡ ${text}`));
  }

  bad(text: string): void {
    this.line(
      text
        .split("\n")
        .map((line, i) => `${i === 0 ? this.#style("red", "✗") : " "} ${line}`)
        .join("\n"),
    );
  }

  /** Runs a part of the demo and keeps its time for the table. */
  async part<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await work();
    } finally {
      this.#parts.push({ name, seconds: (performance.now() - begin) / 1000 });
    }
  }

  /** Seconds of each part so far. */
  table(): void {
    const width = Math.max(...this.#parts.map(({ name }) => name.length), "all together".length);
    const row = (name: string, seconds: number): void => {
      this.line(`  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(7)} s`);
    };
    for (const { name, seconds } of this.#parts) row(name, seconds);
    row("all together", this.elapsed);
  }

  #style(style: Parameters<typeof styleText>[0], text: string): string {
    return styleText(style, text, { stream: process.stdout });
  }
}
