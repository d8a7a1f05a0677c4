import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { ArtifactCache } from "../../../activities/drone/artifactCache.ts";
import { BinhostClient } from "../../../store/client.ts";
import { GIB, trimDirectory } from "../../../system/disk.ts";
import { testDirectory } from "../../support/portage.ts";

const MIB = 2 ** 20;
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const artifact = (bytes: number, fill: number): Buffer => Buffer.alloc(bytes, fill);

/** A cache whose binhost has these files and sends each over `seconds`. */
async function cacheOver(files: readonly Buffer[], seconds: number): Promise<ArtifactCache> {
  const found = new Map(files.map((bytes) => [`/api/artifacts/${digest(bytes)}`, bytes]));
  const server = createServer(async (request, response) => {
    const bytes = found.get(request.url ?? "");
    if (!bytes) return void response.writeHead(404).end();
    const half = bytes.length >> 1;
    response.write(bytes.subarray(0, half));
    await sleep(seconds * 1000);
    response.end(bytes.subarray(half));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return new ArtifactCache(
    join(await testDirectory(), "artifacts"),
    new BinhostClient(`http://127.0.0.1:${port}`, "t"),
  );
}

const { signal } = new AbortController();

test("the link is what all fetches that run together bring", async () => {
  const files = [1, 2, 3, 4].map((fill) => artifact(MIB, fill));
  const cache = await cacheOver(files, 0.5);
  expect(cache.linkBytesPerSecond).toBeNull();
  // Two builds at once, with one file in common.
  await Promise.all([
    cache.ensure(files.slice(0, 3).map(digest), signal),
    cache.ensure(files.slice(2).map(digest), signal),
  ]);
  const rate = cache.linkBytesPerSecond ?? 0;
  expect(rate).toBeLessThanOrEqual((4 * MIB) / 0.5);
  // One after the other, or each for itself, it would be half and less.
  expect(rate).toBeGreaterThan((4 * MIB) / 1.5);
  await cache.ensure(files.map(digest), signal);
  expect(cache.linkBytesPerSecond).toBe(rate);
});

test("neither little nor what failed tells of the link", async () => {
  const files = [artifact(MIB / 4, 1), artifact(2 * MIB, 2)] as const;
  const cache = await cacheOver(files, 0.1);
  await cache.ensure([digest(files[0])], signal);
  expect(cache.linkBytesPerSecond).toBeNull();
  await expect(cache.ensure([digest(files[1]), "0".repeat(64)], signal)).rejects.toMatchObject({ status: 404 });
  expect(cache.linkBytesPerSecond).toBeNull();
});

test("what was used longest ago goes when there is too much, but nothing that a build may just have asked for", async () => {
  const directory = await testDirectory();
  const names = ["old", "older", "new", "newer"];
  const hoursAgo: Record<string, number> = { old: 2, older: 3, new: 0.1, newer: 0 };
  for (const name of names) {
    const at = Date.now() / 1000 - (hoursAgo[name] ?? 0) * 3600;
    await writeFile(join(directory, name), artifact(1000, 1));
    await utimes(join(directory, name), at, at);
  }
  expect(await trimDirectory(directory, 3000, 600_000)).toBe(3000);
  expect((await readdir(directory)).sort()).toEqual(["new", "newer", "old"]);
  expect(await trimDirectory(directory, 500, 600_000)).toBe(2000);
  expect((await readdir(directory)).sort()).toEqual(["new", "newer"]);
  await trimDirectory(directory, GIB);
  expect(await readdir(directory)).toHaveLength(2);
});

test("a package that was built here and is kept twice is there once", async () => {
  const cache = await cacheOver([], 0);
  const built = join(await testDirectory(), "built");
  const bytes = artifact(5000, 7);
  await writeFile(built, bytes);
  await cache.keep(digest(bytes), built);
  await cache.keep(digest(bytes), built);
  expect([existsSync(built), existsSync(cache.path(digest(bytes)))]).toEqual([false, true]);
  await cache.ensure([digest(bytes)], signal);
});

test("what is at hand gives way to a build that needs the room, but for what was asked for just now", async () => {
  const files = [artifact(2000, 1), artifact(3000, 2)] as const;
  const cache = await cacheOver(files, 0);
  await cache.ensure(files.map(digest), signal);
  expect(cache.bytes).toBe(5000);
  const hourAgo = Date.now() / 1000 - 3600;
  await utimes(cache.path(digest(files[0])), hourAgo, hourAgo);
  await cache.makeRoom(1);
  expect(cache.bytes).toBe(5000);
  await cache.makeRoom(Number.MAX_SAFE_INTEGER);
  expect(cache.bytes).toBe(3000);
  expect([0, 1].map((i) => existsSync(cache.path(digest(files[i as 0 | 1]))))).toEqual([false, true]);
});
