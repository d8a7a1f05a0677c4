// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what this is about
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coloured } from "../../cli/paint.ts";
import { PrintableLog, printable } from "../../cli/printable.ts";
import { eventLine } from "../../cli/screens/eventLine.ts";

const ESC = "\u001b";

/** What a terminal is given of a log that comes in these pieces. */
function shown(pieces: readonly Uint8Array[], colours = true): string {
  let text = "";
  const log = new PrintableLog((part) => {
    text += part;
  }, colours);
  for (const piece of pieces) log.push(piece);
  log.end();
  return text;
}

const ofText = (text: string, colours = true): string => shown([Buffer.from(text, "latin1")], colours);

describe("what the screens of the command print", () => {
  test.each([
    ["a window's title", `${ESC}]0;pwned\u0007`, "\\u001b]0;pwned\\u0007"],
    ["a screen that is cleared", `${ESC}[2J${ESC}[H`, "\\u001b[2J\\u001b[H"],
    ["a question that the terminal answers", `${ESC}[6n`, "\\u001b[6n"],
    ["text that hides", `${ESC}[8mx`, "\\u001b[8mx"],
    ["a control of one byte", "\u009b2J", "\\u009b2J"],
    ["text that runs backwards", "a\u202eb", "a\\u202eb"],
    ["a mark of another plane", "\u{e0041}", "\\udb40\\udc41"],
    ["a line written over", "all is well\rno", "all is well\\u000dno"],
  ])("%s: nothing of it reaches the terminal", (_, text, seen) => expect(printable(text)).toBe(seen));

  test("lines, tabs, letters of all languages and our own colours stay", () => {
    const ours = (["good", "bad", "warn", "title", "faint", "name", "chosen"] as const)
      .map((style) => coloured(style, "Größe 大"))
      .join("\n\t");
    expect(printable(ours)).toBe(ours);
  });

  test("JSON with any text is the same JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = printable(JSON.stringify({ text }, null, 2));
        expect(JSON.parse(json)).toEqual({ text });
        expect(json).not.toMatch(/[\p{Cc}--[\n]]/v);
      }),
    );
  });

  test("a message of several lines does not look like several events", () => {
    const event = { id: "1", at: 0, kind: "failed", text: "a/b-1 failed:\n  2026-11-21 all is well" } as const;
    expect(eventLine(event, (_, text) => text).split("\n")).toHaveLength(1);
  });
});

describe("a log on a terminal", () => {
  test("its colours stay and end with it; links, titles and movements of the cursor are left out", () => {
    const gcc = `${ESC}[01m${ESC}[Ka.c:1:${ESC}[m${ESC}[K ${ESC}[01;31merror: ${ESC}]8;;https://x${ESC}\\[-W]${ESC}]8;;${ESC}\\\n`;
    expect(ofText(gcc)).toBe(`${ESC}[01ma.c:1:${ESC}[m ${ESC}[01;31merror: [-W]\n${ESC}[0m`);
    expect(ofText(gcc, false)).toBe("a.c:1: error: [-W]\n");
    expect(ofText("no colours\n")).toBe("no colours\n");
    expect(ofText(`${ESC}[8ma${ESC}[1;08;31mb${ESC}[38;5;8mc${ESC}[38m`)).toBe(`ab${ESC}[38;5;8mc${ESC}[38m${ESC}[0m`);
  });

  test("what was written over is seen, a line each", () => {
    expect(ofText("10%\r50%\r\r\n100%\r\ndone\r")).toBe("10%\n50%\n100%\ndone\n");
  });

  test("bytes that are no text, and sequences without an end", () => {
    expect(ofText("\xff\xfe\x9b2J\x00\x07x")).toBe("���2J\\u0000\\u0007x");
    expect(ofText(`a${ESC}]0;never ended\nmore`)).toBe("a\\u001b]0;never ended\nmore");
    const long = `${ESC}]0;${"x".repeat(10_000)}`;
    expect(ofText(long)).toContain("x".repeat(10_000));
  });

  test("however it is cut into pieces, a terminal is given the same, and no control but colours", () => {
    const part = fc.oneof(
      fc.constantFrom(ESC, `${ESC}[`, `${ESC}]`, "\x07", "\r", "\n", "\x9b", "8", ";", "m", "J", "\\", "ü", "\u202e"),
      fc.string({ unit: "binary" }),
    );
    const log = fc.array(part, { maxLength: 30 }).map((parts) => Buffer.from(parts.join("")));
    fc.assert(
      fc.property(log, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), fc.boolean(), (bytes, sizes, colours) => {
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = Number(sizes.next().value);
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        const text = shown(pieces, colours);
        expect(text).toBe(shown([bytes], colours));
        expect(text.replaceAll(/\u001b\[[\d;:]*m/g, "")).not.toMatch(/[[\p{Cc}\u202e]--[\n\t]]/v);
      }),
      { numRuns: 500 },
    );
  });
});
