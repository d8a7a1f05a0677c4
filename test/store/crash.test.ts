import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { expectedOf, makeGpkg } from "../../bench/gpkgMaker.ts";
import { openStore, type PackageStore } from "../../store/store.ts";
import type { Work } from "./crashChild.ts";
import { clientPackages, clientTimestamp, newStore, stagePackage, TARGET, uploadOf } from "./support.ts";

const CHILD = join(import.meta.dirname, "crashChild.ts");
const OLD = ["app-misc/hello-1.0-1"];
const NEW = ["app-misc/hello-1.0-2", "dev-libs/libalpha-1.0-1"];

/** Runs the work in another process that is killed at `point`; fails where it is not reached. */
async function killedAt(store: PackageStore, point: string, work: Work): Promise<void> {
  const ended = await execa(process.execPath, [CHILD, store.dir, point, JSON.stringify(work)], { reject: false });
  expect(ended.signal, `not killed at "${point}": ${ended.stderr}`).toBe("SIGKILL");
}

async function published(): Promise<{ store: PackageStore; bundle: string; first: string }> {
  const { store, bundle } = await newStore();
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  const order = { target: TARGET, tree: "t", bundle, run: "desktop-1", createdAt: "2026-01-01T00:00:00.000Z" };
  const { id } = await store.publish(order);
  return { store, bundle, first: id };
}

/** Nothing half made is left after the next full operation. */
async function expectTidy(store: PackageStore): Promise<void> {
  const root = join(store.dir, "targets", TARGET);
  const names = [root, join(root, "snapshots"), join(root, "reissues")].map((it) => readdir(it).catch(() => []));
  expect((await Promise.all(names)).flat().filter((name) => name.startsWith("."))).toEqual([]);
}

const BEFORE_SWITCH = [
  "publish: packages linked",
  "publish: index half written",
  "publish: index written",
  "publish: tree recorded",
  "publish: tree in place",
  "publish: link made",
];
const POINTS = [...BEFORE_SWITCH, "publish: switched"];

describe("publish killed at", () => {
  test.each(POINTS)("%s: clients see the old or the new, then publishing again ends it", async (point) => {
    const { store, bundle, first } = await published();
    const before = await clientTimestamp(store);
    await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.0", buildId: 2 });
    await stagePackage(store, "desktop-2", { cpv: "dev-libs/libalpha-1.0" });
    const request = { target: TARGET, tree: "t", bundle, run: "desktop-2", createdAt: "2026-01-02T00:00:00.000Z" };
    await killedAt(store, point, { do: "publish", request });

    const old = BEFORE_SWITCH.includes(point);
    const restarted = await openStore(store.dir, { name: "main" });
    expect(await clientPackages(restarted)).toEqual(old ? OLD : NEW);
    expect(await restarted.snapshots(TARGET)).toHaveLength(old ? 1 : 2);
    expect((await restarted.snapshot(TARGET, "current"))?.run).toBe(old ? "desktop-1" : "desktop-2");
    if (old) expect(await restarted.snapshot(TARGET, "20260102T000000Z-desktop-2")).toBeNull();

    const made = await restarted.publish(request);
    expect(made.id).toBe("20260102T000000Z-desktop-2");
    expect(await clientPackages(restarted)).toEqual(NEW);
    expect(await clientTimestamp(restarted)).toBeGreaterThan(before);
    expect((await restarted.snapshots(TARGET)).map((it) => [it.id, it.current])).toEqual([
      [made.id, true],
      [first, false],
    ]);
    await expectTidy(restarted);
  });

  test.each(POINTS)("%s, and another run publishes first: neither is lost", async (point) => {
    const { store, bundle } = await published();
    await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.0", buildId: 2 });
    await stagePackage(store, "desktop-3", { cpv: "dev-libs/libalpha-1.0" });
    const second = { target: TARGET, tree: "t", bundle, run: "desktop-2", createdAt: "2026-01-02T00:00:00.000Z" };
    await killedAt(store, point, { do: "publish", request: second });
    await store.publish({ ...second, run: "desktop-3", createdAt: "2026-01-03T00:00:00.000Z" });
    await store.publish(second);
    expect(await clientPackages(store)).toEqual(NEW);
    expect(await store.snapshots(TARGET)).toHaveLength(3);
    await expectTidy(store);
  });
});

test.each(POINTS)("the very first publish killed at %s", async (point) => {
  const { store, bundle } = await newStore();
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  const request = { target: TARGET, tree: "t", bundle, run: "desktop-1", createdAt: "2026-01-01T00:00:00.000Z" };
  await killedAt(store, point, { do: "publish", request });
  expect((await store.target(TARGET)).current === null).toBe(point !== "publish: switched");
  await store.publish(request);
  expect(await clientPackages(store)).toEqual(OLD);
  expect(await store.snapshots(TARGET)).toHaveLength(1);
  await expectTidy(store);
});

test.each(POINTS)("rollback killed at %s: old or new, and again ends it", async (point) => {
  const { store, bundle, first } = await published();
  await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.0", buildId: 2 });
  await stagePackage(store, "desktop-2", { cpv: "dev-libs/libalpha-1.0" });
  await store.publish({ target: TARGET, tree: "t", bundle, run: "desktop-2", createdAt: "2026-01-02T00:00:00.000Z" });
  const before = await clientTimestamp(store);
  await killedAt(store, point, { do: "rollback", target: TARGET, id: first });
  expect(await clientPackages(store)).toEqual(BEFORE_SWITCH.includes(point) ? NEW : OLD);
  await store.rollback(TARGET, first);
  expect(await clientPackages(store)).toEqual(OLD);
  expect(await clientTimestamp(store)).toBeGreaterThan(before);
  expect(await store.snapshots(TARGET)).toHaveLength(2);
  await store.prune(TARGET, 5);
  await expectTidy(store);
  expect(await readdir(join(store.dir, "targets", TARGET, "reissues"))).toHaveLength(1);
});

test.each(["prune: snapshot out of sight", "prune: record removed"])(
  "killed at %s: the rest is whole, and again ends it",
  async (point) => {
    const { store, bundle, first } = await published();
    const [old] = await store.staged("desktop-1");
    await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.0", buildId: 2 });
    await store.publish({ target: TARGET, tree: "t", bundle, run: "desktop-2", createdAt: "2026-01-02T00:00:00.000Z" });
    await store.clearStaging("desktop-1");
    await store.clearStaging("desktop-2");
    await killedAt(store, point, { do: "prune", target: TARGET, keep: 1 });
    expect((await store.snapshots(TARGET)).map((it) => it.id)).not.toContain(first);
    expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-2"]);
    await store.prune(TARGET, 1);
    expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-2"]);
    const left = await readdir(join(store.dir, "pool"), { recursive: true });
    expect(left.filter((name) => name.endsWith(".gpkg.tar"))).toHaveLength(1);
    expect(left.filter((name) => name.includes(old?.sha256 ?? "none"))).toEqual([]);
    await expectTidy(store);
  },
);

describe("accept killed at", () => {
  test.each(["accept: in the pool", "accept: recorded", "accept: staged"])(
    "%s: asked again, it is staged once",
    async (point) => {
      const { store } = await newStore();
      const fake = { cpv: "app-misc/hello-1.0" };
      const bytes = await makeGpkg(fake);
      const upload = uploadOf("u", bytes);
      await store.appendUpload(upload, 0, Readable.from([bytes]));
      const request = { ...upload, run: "desktop-1", target: TARGET, expected: expectedOf(fake) };
      await killedAt(store, point, { do: "accept", request });
      const verdict = await store.acceptUpload(request);
      expect(verdict).toHaveProperty("accepted.cpv", fake.cpv);
      expect(await store.staged("desktop-1")).toHaveLength(1);
      expect(await readdir(join(store.dir, "uploads"))).toEqual([]);
    },
  );

  test("quarantine: reason written: asked again, it is refused and kept", async () => {
    const { store } = await newStore();
    const bytes = await makeGpkg({ cpv: "app-misc/hello-1.0" });
    const upload = uploadOf("u", bytes);
    await store.appendUpload(upload, 0, Readable.from([bytes]));
    const request = {
      ...upload,
      run: "desktop-1",
      target: TARGET,
      expected: expectedOf({ cpv: "app-misc/other-1.0" }),
    };
    await killedAt(store, "quarantine: reason written", { do: "accept", request });
    expect(await store.acceptUpload(request)).toHaveProperty("rejected");
    expect((await readdir(join(store.dir, "quarantine", "u"))).sort()).toEqual(["artifact.gpkg.tar", "reason.json"]);
  });
});
