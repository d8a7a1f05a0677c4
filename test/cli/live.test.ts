import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { LiveBlock } from "../../cli/live.ts";

/** What a block draws on a terminal of a size. */
function drawn(size: { columns?: number; rows?: number }, ...blocks: string[][]): string {
  const terminal = Object.assign(new PassThrough(), size);
  const block = new LiveBlock(terminal as unknown as NodeJS.WriteStream);
  for (const lines of blocks) block.draw(lines);
  return String(terminal.read());
}

test("a terminal that says that it has no columns gets whole lines", () => {
  expect(drawn({ columns: 0, rows: 0 }, ["one line", "another"])).toBe("one line\nanother\n");
});

test("what is drawn again takes the place of what was there, cut to the terminal's size", () => {
  expect(drawn({ columns: 5, rows: 3 }, ["long line", "b", "c"], ["d"])).toBe("long…\nb\n\u001b[2A\r\u001b[Jd\n");
});
