import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { openStore, type PackageStore } from "../../store/store.ts";
import { CRASH_KEY, CRASH_LIMIT, crashLog } from "../support/crashLog.ts";
import { temporaryDirectory } from "./support.ts";

const CHILD = join(import.meta.dirname, "../support/logsChild.ts");
const LOG = crashLog();

const reopened = (dir: string): Promise<PackageStore> => openStore(dir, { name: "main", logLimitBytes: CRASH_LIMIT });

/** What is there: each byte that is not left out is the log's at that offset. */
async function check(store: PackageStore): Promise<{ end: number; complete: boolean }> {
  const { end, complete, cut } = await store.logs.state(CRASH_KEY);
  for (let at = 0; at < end; ) {
    const piece = await store.logs.read(CRASH_KEY, at);
    if (!piece || piece.bytes.length === 0) throw new Error(`nothing at ${at} of ${end}`);
    const isNote = cut !== null && piece.next === cut.to && at === cut.from;
    if (!isNote) {
      expect(piece.offset).toBe(at);
      expect(Buffer.from(piece.bytes).equals(LOG.subarray(at, piece.next))).toBe(true);
    }
    at = piece.next;
  }
  return { end, complete };
}

/** Goes on where the store is, as a drone does, to the end. */
async function finish(store: PackageStore): Promise<void> {
  const { end, complete } = await store.logs.state(CRASH_KEY);
  for (let at = end; !complete && at < LOG.length; at += 300_000) {
    await store.logs.append(CRASH_KEY, { begun: 1, offset: at }, LOG.subarray(at, at + 300_000));
  }
  await store.logs.complete(CRASH_KEY, { begun: 1, size: LOG.length, failed: null });
  expect(await check(store)).toEqual({ end: LOG.length, complete: true });
  const names = await readdir(join(store.dir, "logs", CRASH_KEY.run, "dev-libs"));
  expect(names.filter((name) => !name.startsWith("."))).toEqual(["a-1.0.1.log.zst"]);
}

test.each([
  ["log: place made", 1],
  ["log: place made", 20],
  ["log: place made", 90],
  ["log: compressed", 1],
])("killed at %j for the %ith time: what is there is right, and it goes on", async (point, times) => {
  const directory = await temporaryDirectory();
  const ended = await execa(process.execPath, [CHILD, directory, point, String(times)], { reject: false });
  expect(ended.signal, `not killed at "${point}": ${ended.stderr}`).toBe("SIGKILL");
  const store = await reopened(directory);
  const { complete } = await check(store);
  expect(complete).toBe(point === "log: compressed");
  await finish(store);
});

test("killed again and again at any instruction: what is there is right each time, and it ends well", async () => {
  const directory = await temporaryDirectory();
  let kills = 0;
  for (let round = 0; round < 12; round++) {
    const child = execa(process.execPath, [CHILD, directory, "none", "0"], { reject: false });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await sleep(5 + 17 * round);
    child.kill("SIGKILL");
    if ((await child).signal === "SIGKILL") kills++;
    await check(await reopened(directory));
  }
  expect(kills).toBeGreaterThan(0);
  await finish(await reopened(directory));
});

test("a full disk refuses by its name, keeps what it has, and goes on with space", async (context) => {
  const disk = join(await temporaryDirectory(), "disk");
  await mkdir(disk);
  const mounted = await execa("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], { reject: false });
  if (mounted.failed) return context.skip("no right to mount a tmpfs: run as root to test a full disk");
  onTestFinished(async () => void (await execa("umount", [disk])));
  const store = await reopened(join(disk, "store"));
  const first = LOG.subarray(0, 200_000);
  await store.logs.append(CRASH_KEY, { begun: 1, offset: 0 }, first);
  const ballast = join(disk, "ballast");
  await writeFile(ballast, randomBytes(4 * 1024 * 1024)).catch(() => {});
  const next = { begun: 1, offset: first.length };
  await expect(store.logs.append(CRASH_KEY, next, LOG.subarray(200_000, 900_000))).rejects.toMatchObject({
    kind: "full",
  });
  const { end } = await check(store);
  expect(end).toBeGreaterThanOrEqual(first.length);
  await rm(ballast);
  await finish(store);
});
