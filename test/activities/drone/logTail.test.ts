import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bothEnds, endOf, LogTail } from "../../../activities/drone/logTail.ts";

const MIB = 2 ** 20;
const KEEP = { head: 4 * MIB, tail: 4 * MIB };
let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-tail-"));
  file = join(directory, "a.log");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("where a phase begins is known to the chunk that was read, in a log of many", async () => {
  const tail = new LogTail(file, KEEP);
  await writeFile(file, ">>> Unpacking source...\n");
  await tail.update();
  expect([tail.phase, tail.phaseFrom]).toEqual(["unpack", 0]);
  const noise = "x".repeat(99).concat("\n").repeat(30_000);
  await appendFile(file, noise);
  await tail.update();
  await appendFile(file, ">>> Compil");
  await tail.update();
  await appendFile(file, "ing source in /x ...\nmore\n");
  await tail.update();
  expect([tail.phase, tail.phaseFrom]).toEqual(["compile", 24 + noise.length]);
  expect(tail.lastLine).toBe("more");
});

test("what is not kept of a long log is passed over: a step in there is known from who has read it", async () => {
  const tail = new LogTail(file, KEEP);
  await writeFile(file, ">>> Unpacking source...\n");
  await truncate(file, 100 * 1024 * MIB);
  await appendFile(file, "the last words\n");
  const began = performance.now();
  await tail.update();
  expect(performance.now() - began).toBeLessThan(2000);
  expect([tail.phase, tail.lastLine, tail.size]).toEqual(["unpack", "the last words", 100 * 1024 * MIB + 15]);
  tail.know([">>> Unpacking source...", ">>> Configuring source in /x ..."]);
  expect(tail.phase).toBe("configure");
  // Who has read it all comes somewhat later.
  await appendFile(file, ">>> Compiling source in /x ...\n");
  await tail.update();
  tail.know([">>> Unpacking source...", ">>> Configuring source in /x ..."]);
  expect(tail.phase).toBe("compile");
  const [begin = "", end = ""] = await bothEnds(file, 100 * MIB, MIB);
  expect([begin.trim(), end.trim()]).toEqual(["", "the last words\n>>> Compiling source in /x ..."]);
});

test("both ends of a part of a file, or all of it where it is short", async () => {
  await writeFile(file, "0123456789");
  expect(await bothEnds(file, 2, 4)).toEqual(["23456789"]);
  expect(await bothEnds(file, 2, 3)).toEqual(["234", "789"]);
  expect(await bothEnds(file, 20, 3)).toEqual([""]);
  expect(await bothEnds(join(directory, "none"), 0, 3)).toEqual([]);
  expect([await endOf(file, 3), await endOf(file, 99), await endOf(join(directory, "none"), 3)]).toEqual([
    "789",
    "0123456789",
    "",
  ]);
});
