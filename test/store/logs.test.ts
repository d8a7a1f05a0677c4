import { randomBytes } from "node:crypto";
import { readdir, stat, truncate, utimes } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LogKey, LogPiece } from "../../model/logs.ts";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore, type PackageStore } from "../../store/store.ts";
import { temporaryDirectory } from "./support.ts";

const KEY: LogKey = { run: "desktop-20261121-0101", cpv: "dev-libs/openssl-3.0.2-r1", attempt: 2 };
const BEGUN = 1_763_000_000_000;
const MIB = 2 ** 20;
const LIMIT = MIB;

interface Served {
  store: PackageStore;
  client: BinhostClient;
  url: string;
}

/** A binhost that keeps 1 MiB of each log. */
async function served(directory?: string): Promise<Served> {
  const dir = directory ?? (await temporaryDirectory());
  const store = await openStore(dir, { name: "main", logLimitBytes: LIMIT });
  const server = createBinhostServer(store, { token: "t", name: "main" });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return { store, client: new BinhostClient(url, "t"), url };
}

const bytesOf = (text: string): Buffer => Buffer.from(text);

async function everything({ client }: Served, key = KEY): Promise<{ text: string; pieces: LogPiece[] }> {
  const pieces: LogPiece[] = [];
  for await (const piece of client.logs.pieces(key)) pieces.push(piece);
  return { text: Buffer.concat(pieces.map((it) => it.bytes)).toString("latin1"), pieces };
}

/** Lines of which each says its offset. */
function lines(bytes: number): Buffer {
  const all: string[] = [];
  for (let at = 0; at < bytes; at += 16) all.push(`${String(at).padStart(15, "0")}\n`);
  return Buffer.from(all.join(""));
}

/** Brings a log as a drone does: piece after piece. */
async function bring({ client }: Served, log: Buffer, key = KEY, begun = BEGUN): Promise<void> {
  const piece = 256 * 1024;
  for (let at = 0; at < log.length; at += piece) {
    await client.logs.append(key, { begun, offset: at, bytes: log.subarray(at, at + piece) });
  }
}

describe("a log that grows", () => {
  test("is read from any offset while it grows, and when it is complete", async () => {
    const it = await served();
    expect(await it.client.logs.read(KEY)).toBeNull();
    expect(await it.client.logs.state(KEY)).toMatchObject({ begun: null, end: 0, complete: false });
    await it.client.logs.append(KEY, { begun: BEGUN, offset: 0, bytes: bytesOf("one\n") });
    const first = await it.client.logs.read(KEY, 0);
    expect(first).toMatchObject({ offset: 0, next: 4, size: 4, complete: false, cut: null, begun: BEGUN });
    await it.client.logs.append(KEY, { begun: BEGUN, offset: 4, bytes: bytesOf("two\n") });
    const second = await it.client.logs.read(KEY, first?.next);
    expect(Buffer.from(second?.bytes ?? []).toString()).toBe("two\n");
    expect(await it.client.logs.read(KEY, 8)).toMatchObject({ offset: 8, next: 8, bytes: Buffer.alloc(0) });

    const done = { begun: BEGUN, size: 8, failed: { phase: "compile", errorLine: "a.c:1: error: x" } };
    expect(await it.client.logs.complete(KEY, done)).toMatchObject({ complete: true, end: 8 });
    expect(await it.client.logs.read(KEY, 2)).toMatchObject({ offset: 2, size: 8, complete: true });
    expect((await everything(it)).text).toBe("one\ntwo\n");
    expect(await it.client.logs.list(KEY.run)).toEqual([
      { cpv: KEY.cpv, attempt: 2, size: 8, complete: true, cut: null, failed: done.failed },
    ]);
    expect(await it.client.logs.list("desktop-20261121-0202")).toEqual([]);
  });

  test("the same bytes again change nothing, a gap is refused with where to go on, also when it is complete", async () => {
    const it = await served();
    const place = { begun: BEGUN, offset: 0, bytes: bytesOf("one\n") };
    await it.client.logs.append(KEY, place);
    expect(await it.client.logs.append(KEY, place)).toMatchObject({ end: 4 });
    expect(await it.client.logs.append(KEY, { begun: BEGUN, offset: 2, bytes: bytesOf("e\ntwo\n") })).toMatchObject({
      end: 8,
    });
    await expect(it.client.logs.append(KEY, { begun: BEGUN, offset: 9, bytes: bytesOf("x") })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("it is at 8"),
    });
    const end = { begun: BEGUN, size: 8, failed: null };
    await expect(it.client.logs.complete(KEY, { ...end, size: 9 })).rejects.toMatchObject({ status: 409 });
    const state = await it.client.logs.complete(KEY, end);
    expect(await it.client.logs.complete(KEY, end)).toEqual(state);
    expect(await it.client.logs.append(KEY, place)).toEqual(state);
    expect((await everything(it)).text).toBe("one\ntwo\n");
  });

  test("a build that is begun anew in the same attempt begins its log anew; what the old one still says is refused", async () => {
    const it = await served();
    for (const ended of [false, true]) {
      const begun = BEGUN + (ended ? 10 : 0);
      await it.client.logs.append(KEY, { begun, offset: 0, bytes: bytesOf("first life\n") });
      if (ended) await it.client.logs.complete(KEY, { begun, size: 11, failed: null });
      const later = { begun: begun + 1, offset: 0, bytes: bytesOf("second\n") };
      await expect(it.client.logs.append(KEY, { ...later, offset: 11 })).rejects.toMatchObject({ status: 409 });
      expect(await it.client.logs.append(KEY, later)).toMatchObject({ begun: begun + 1, end: 7, complete: false });
      await expect(it.client.logs.append(KEY, { begun, offset: 11, bytes: bytesOf("late") })).rejects.toMatchObject({
        status: 409,
      });
      expect((await everything(it)).text).toBe("second\n");
    }
    await it.client.logs.complete(KEY, { begun: BEGUN + 11, size: 7, failed: null });
    expect((await everything(it)).text).toBe("second\n");
  });

  test("an empty log is a log", async () => {
    const it = await served();
    await it.client.logs.complete(KEY, { begun: BEGUN, size: 0, failed: null });
    expect(await it.client.logs.read(KEY)).toMatchObject({
      offset: 0,
      size: 0,
      complete: true,
      bytes: Buffer.alloc(0),
    });
  });

  test("bytes that are no text come back as they were", async () => {
    const it = await served();
    const log = randomBytes(300_000);
    await bring(it, log);
    expect(Buffer.from((await everything(it)).text, "latin1").equals(log)).toBe(true);
    await it.client.logs.complete(KEY, { begun: BEGUN, size: log.length, failed: null });
    expect(Buffer.from((await everything(it)).text, "latin1").equals(log)).toBe(true);
  });
});

describe("a log that is longer than the limit", () => {
  test("keeps its beginning and its end, and says what is left out where it is", async () => {
    const it = await served();
    const log = lines(5 * MIB);
    await bring(it, log);
    for (const complete of [false, true]) {
      if (complete) await it.client.logs.complete(KEY, { begun: BEGUN, size: log.length, failed: null });
      const { text, pieces } = await everything(it);
      const cut = pieces[0]?.cut;
      if (!cut) throw new Error("nothing was cut");
      expect(cut.from).toBe(LIMIT / 2);
      expect(log.length - cut.to).toBeGreaterThan((LIMIT / 2) * 0.8);
      expect(log.length - cut.to).toBeLessThanOrEqual(LIMIT / 2);
      expect(text.startsWith(log.subarray(0, cut.from).toString())).toBe(true);
      expect(text.endsWith(log.subarray(cut.to).toString())).toBe(true);
      const note = text.slice(cut.from, text.length - (log.length - cut.to));
      expect(note).toBe(
        `\n[build-swarm: ${(cut.to - cut.from).toLocaleString("en-US")} bytes are left out here: the log is longer than [build] log_limit_mib]\n`,
      );
      // Whoever goes on from where a piece ends gets each byte once.
      for (const [i, piece] of pieces.entries()) {
        expect(piece.next).toBe(piece.offset + piece.bytes.length);
        const before = pieces[i - 1];
        if (before) expect(piece.offset === before.next || before.next === cut.from).toBe(true);
      }
      const inCut = await it.client.logs.read(KEY, cut.from + 1000);
      expect(inCut).toMatchObject({ next: cut.to, cut });
      expect(await it.client.logs.read(KEY, cut.to + 16)).toMatchObject({ offset: cut.to + 16 });
    }
    const { size } = await stat(join(it.store.dir, "logs", KEY.run, "dev-libs", "openssl-3.0.2-r1.2.log.zst"));
    expect(size).toBeLessThan(LIMIT / 2);
  });

  test("its sender may leave out the middle, but nothing of the beginning", async () => {
    const it = await served();
    const skip = { begun: BEGUN, skip: true, bytes: bytesOf("end\n") };
    await expect(it.client.logs.append(KEY, { ...skip, offset: 10 * MIB })).rejects.toMatchObject({ status: 400 });
    await it.client.logs.append(KEY, { begun: BEGUN, offset: 0, bytes: lines(4096) });
    await expect(it.client.logs.append(KEY, { ...skip, offset: 4095 })).rejects.toMatchObject({ status: 400 });
    await bring(it, lines(LIMIT / 2));
    await it.client.logs.append(KEY, { ...skip, offset: 700 * MIB });
    // Again, from further back: the end that is kept is brought whole.
    expect(await it.client.logs.append(KEY, { ...skip, offset: 600 * MIB })).toMatchObject({
      end: 600 * MIB + 4,
      cut: { from: LIMIT / 2, to: 600 * MIB },
    });
    await it.client.logs.complete(KEY, { begun: BEGUN, size: 600 * MIB + 4, failed: null });
    const { text } = await everything(it);
    expect(text.slice(0, LIMIT / 2)).toBe(lines(LIMIT / 2).toString());
    expect(text.slice(LIMIT / 2)).toMatch(/^\n\[build-swarm: 628,\d+,\d+ bytes are left out here: .+\]\nend\n$/);
  });

  test("complete, it is a file that zstd reads", async (context) => {
    const zstd = await execa("zstd", ["--version"], { reject: false });
    if (zstd.failed) return context.skip("no zstd on this machine");
    const it = await served();
    const log = lines(3 * MIB);
    await bring(it, log);
    await it.client.logs.complete(KEY, { begun: BEGUN, size: log.length, failed: null });
    const directory = join(it.store.dir, "logs", KEY.run, "dev-libs");
    expect(await readdir(directory)).toEqual(["openssl-3.0.2-r1.2.log.zst"]);
    const { stdout } = await execa("zstd", ["-dc", join(directory, "openssl-3.0.2-r1.2.log.zst")], {
      encoding: "buffer",
      stripFinalNewline: false,
      maxBuffer: 8 * MIB,
    });
    expect(Buffer.from(stdout).toString("latin1")).toBe((await everything(it)).text);
  });
});

describe("bad input", () => {
  test("names that are not those of a run, package and attempt reach nothing", async () => {
    const { url, store } = await served();
    const names = [
      "/api/logs/..%2f..%2fetc/x/y-1/1",
      "/api/logs/run-1/../y-1/1",
      "/api/logs/run-1/%2e%2e/y-1/1",
      "/api/logs/run-1/x/..%2f..%2fy/1",
      "/api/logs/run-1/x/y-1%0a/1",
      "/api/logs/run-1/x/.hidden-1/1",
      "/api/logs/run-1/x/y-1/0",
      "/api/logs/run-1/x/y-1/1e3",
      "/api/logs/run-1/x/y-1/-1",
      "/api/logs/RUN/x/y-1/1",
    ];
    const headers = { authorization: "Bearer t", "upload-offset": "0", "content-type": "application/octet-stream" };
    for (const name of names) {
      const read = await fetch(url + name, { headers });
      expect([400, 404], name).toContain(read.status);
      const written = await fetch(`${url}${name}?begun=1`, { method: "PATCH", headers, body: "x" });
      expect([400, 404], name).toContain(written.status);
    }
    expect(await readdir(join(store.dir, "logs")).catch(() => [])).toEqual([]);
  });

  test("no token, a body that is too large, strange numbers", async () => {
    const { url, client } = await served();
    const path = `${url}/api/logs/run-1/dev-libs/a-1/1`;
    expect((await fetch(path)).status).toBe(401);
    await expect(
      client.logs.append(
        { run: "run-1", cpv: "dev-libs/a-1", attempt: 1 },
        { begun: BEGUN, offset: 0, bytes: Buffer.alloc(MIB + 1) },
      ),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining("at most 1048576") });
    const headers = { authorization: "Bearer t", "content-type": "application/octet-stream" };
    for (const offset of ["-1", "1.5", "x", "99999999999999999999"]) {
      const answer = await fetch(`${path}?begun=1`, {
        method: "PATCH",
        headers: { ...headers, "upload-offset": offset },
        body: "x",
      });
      expect(answer.status, offset).toBe(400);
    }
    expect((await fetch(`${path}?offset=-1`, { headers })).status).toBe(400);
    expect(
      (
        await fetch(`${path}/complete`, {
          method: "PUT",
          headers: { ...headers, "content-type": "application/json" },
          body: '{"begun":1,"size":-1}',
        })
      ).status,
    ).toBe(400);
  });

  test("a file that is damaged is named, and harms no other log", async () => {
    const it = await served();
    const other = { ...KEY, attempt: 3 };
    for (const key of [KEY, other]) {
      await bring(it, lines(4096), key);
      await it.client.logs.complete(key, { begun: BEGUN, size: 4096, failed: null });
    }
    const file = join(it.store.dir, "logs", KEY.run, "dev-libs", "openssl-3.0.2-r1.2.log.zst");
    await truncate(file, (await stat(file)).size - 3);
    await expect(it.client.logs.read(KEY)).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining("is damaged"),
    });
    expect((await it.client.logs.list(KEY.run)).map(({ attempt }) => attempt)).toEqual([3]);
    expect((await everything(it, other)).text).toHaveLength(4096);
  });
});

test("logs go when nobody has added to them for the time that is set, whether complete or not", async () => {
  const it = await served();
  const days = (number: number): number => number * 24 * 3600_000;
  const keys = [1, 2, 3].map((attempt) => ({ ...KEY, attempt }));
  for (const key of keys) await bring(it, lines(4096), key);
  for (const key of keys.slice(0, 2)) await it.client.logs.complete(key, { begun: BEGUN, size: 4096, failed: null });
  const directory = join(it.store.dir, "logs", KEY.run, "dev-libs");
  const old = new Date(Date.now() - days(31));
  await utimes(join(directory, "openssl-3.0.2-r1.1.log.zst"), old, old);
  await it.store.logs.removeOld(30, Date.now());
  expect((await it.client.logs.list(KEY.run)).map(({ attempt }) => attempt)).toEqual([2, 3]);
  await it.store.logs.removeOld(30, Date.now() + days(31));
  expect(await readdir(join(it.store.dir, "logs"))).toEqual([]);
});
