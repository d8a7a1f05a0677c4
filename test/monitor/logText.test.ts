import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { LogText } from "../../monitor/logText.ts";

function text(...chunks: (string | Uint8Array)[]): string[] {
  const log = new LogText(0);
  for (const chunk of chunks) log.push(Buffer.from(chunk), log.end);
  return log.lines(0, 1000);
}

test("a log that comes in pieces is put together, also within a character and a line", () => {
  const bytes = Buffer.from("erste Zeile: grün\nzweite");
  expect(text(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toEqual(["erste Zeile: grün", "zweite"]);
});

test("colours, progress that writes over itself, and bytes that are no text do not reach the terminal", () => {
  expect(text("\u001b[32;1m * \u001b[0mok\u001b[K\n")).toEqual([" * ok"]);
  expect(text("10%\r50%\r100%\n")).toEqual(["100%"]);
  expect(text("done\r\n")).toEqual(["done"]);
  expect(text("\u001b]0;title\u0007x\u0000\u0008y\u009b31m\n")).toEqual(["x??y"]);
  expect(text(Buffer.from([0xff, 0xfe, 0x41, 0x0a]))).toEqual(["��A"]);
  expect(text("a\tb\n")).toEqual(["a    b"]);
});

test("a progress that was written over for long is at its end, whether its log is read at once or as it grows", () => {
  const steps = Array.from({ length: 20_000 }, (_, i) => `\r${i} of 20000`);
  expect(text(steps.join(""))).toEqual(["19999 of 20000"]);
  expect(text(`${steps.join("")}\n`)).toEqual(["19999 of 20000"]);
  expect(text(...steps)).toEqual(["19999 of 20000"]);
  expect(text(`${"x".repeat(10_000)}\r`, "short\n")).toEqual(["short"]);
});

test("of a log that is read from within, the first line that is whole comes first; what is left out is said", () => {
  const log = new LogText(1000);
  log.push(Buffer.from("end of a line\nwhole\n"), 1000);
  expect(log.lines(0, 10)).toEqual(["whole"]);
  log.push(Buffer.from("part of a line\nlast\n"), log.end + 2048);
  expect(log.lines(0, 10)).toEqual(["whole", "... 2.0 KiB were left out ...", "last"]);
});

test("a log without end keeps its last lines, by the same numbers", () => {
  const log = new LogText(0);
  for (let i = 0; i < 50_000; i += 100) {
    log.push(Buffer.from(Array.from({ length: 100 }, (_, k) => `${i + k}\n`).join("")), log.end);
  }
  const { first, end } = log.range;
  expect(end).toBe(50_000);
  expect(end - first).toBeLessThan(25_000);
  expect(log.lines(end - 2, 5)).toEqual(["49998", "49999"]);
  expect(log.lines(first, 1)).toEqual([String(first)]);
});

test("one line without end stays bounded", () => {
  const log = new LogText(0);
  for (let i = 0; i < 100; i++) log.push(Buffer.alloc(10_000, "x"), log.end);
  expect(log.lines(0, 10)[0]?.length).toBe(4000);
});

test("long lines do not keep more of the log than is shown of them", () => {
  const log = new LogText(0);
  const line = Buffer.alloc(2 ** 20, "x");
  line[line.length - 1] = 0x0a;
  // A large text that was decoded lies outside of V8's heap.
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external;
  const before = used();
  for (let i = 0; i < 200; i++) log.push(line, log.end);
  expect(log.lines(199, 1)[0]).toHaveLength(4000);
  // 200 MiB came, of which less than 1 MiB is kept; what is garbage by now may still lie there.
  (globalThis.gc ?? collect())();
  expect(used() - before).toBeLessThan(20 * 2 ** 20);
  for (let i = 0; i < 4_000; i++) log.push(line.subarray(-5_000), log.end);
  const { first, end } = log.range;
  expect(end).toBe(4_200);
  expect((end - first) * 4_000).toBeLessThan(9_000_000);
});

function collect(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
