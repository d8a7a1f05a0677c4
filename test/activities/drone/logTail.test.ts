import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bothEnds, endOf, LogTail } from "../../../activities/drone/logTail.ts";

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-tail-"));
  file = join(directory, "a.log");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("where a phase begins is known to the chunk that was read, in a log of many", async () => {
  const tail = new LogTail(file);
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
