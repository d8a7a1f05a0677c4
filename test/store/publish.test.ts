import { lstat, readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Snapshot } from "../../model/snapshot.ts";
import { openStore, type PackageStore } from "../../store/store.ts";
import { clientPackages, clientTimestamp, clientView, newStore, stagePackage, TARGET } from "./support.ts";

let day = 0;
async function publish(store: PackageStore, bundle: string, run: string): Promise<Snapshot> {
  day += 1;
  const createdAt = new Date(Date.UTC(2026, 0, day)).toISOString();
  return store.publish({ target: TARGET, run, tree: "git:abc", bundle, createdAt });
}

test("the first publish makes what was staged visible", async () => {
  const { store, bundle } = await newStore();
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  await stagePackage(store, "desktop-1", { cpv: "dev-libs/libalpha-1.0" });
  expect((await store.target(TARGET)).current).toBeNull();
  expect(await store.snapshot(TARGET, "current")).toBeNull();
  const made = await publish(store, bundle, "desktop-1");
  expect(made.packages.map((it) => it.cpv)).toEqual(["app-misc/hello-1.0", "dev-libs/libalpha-1.0"]);
  expect((await store.target(TARGET)).current).toBe(made.id);
  expect(await store.snapshot(TARGET, "current")).toEqual(made);
  expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-1", "dev-libs/libalpha-1.0-1"]);
  const { header } = await clientView(store);
  expect(header).toEqual({
    CHOST: "x86_64-pc-linux-gnu",
    PACKAGES: "2",
    PROFILE: "demo/amd64",
    TIMESTAMP: header.TIMESTAMP,
    VERSION: "0",
  });
});

test("the next has the last one's packages too, and of each CPV the newest build", async () => {
  const { store, bundle } = await newStore();
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  await stagePackage(store, "desktop-1", { cpv: "dev-libs/libalpha-1.0" });
  const first = await publish(store, bundle, "desktop-1");
  await stagePackage(store, "desktop-2", { cpv: "dev-libs/libalpha-1.0", buildId: 2 });
  await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.1" });
  await stagePackage(store, "desktop-2", { cpv: "app-misc/calc-2.0" });
  const second = await publish(store, bundle, "desktop-2");
  expect(await clientPackages(store)).toEqual([
    "app-misc/calc-2.0-1",
    "app-misc/hello-1.0-1",
    "app-misc/hello-1.1-1",
    "dev-libs/libalpha-1.0-2",
  ]);
  expect(await store.diff(TARGET, first.id, "current")).toEqual({
    from: first.id,
    to: second.id,
    added: ["app-misc/calc-2.0"],
    removed: [],
    changed: [{ name: "app-misc/hello", from: "1.0", to: "1.1" }],
    rebuilt: [{ cpv: "dev-libs/libalpha-1.0", from: 1, to: 2 }],
  });
  expect((await store.snapshots(TARGET)).map(({ id, packages, current, run }) => [id, packages, current, run])).toEqual(
    [
      [second.id, 4, true, "desktop-2"],
      [first.id, 2, false, "desktop-1"],
    ],
  );
  const files = await readdir(
    join(store.dir, "targets", TARGET, "snapshots", first.id, "packages", "dev-libs", "libalpha"),
  );
  expect(files).toEqual(["libalpha-1.0-1.gpkg.tar"]);
});

test("an empty first snapshot, and one in which nothing was built", async () => {
  const { store, bundle } = await newStore();
  await publish(store, bundle, "desktop-1");
  expect(await clientPackages(store)).toEqual([]);
  await publish(store, bundle, "desktop-2");
  expect(await store.snapshots(TARGET)).toHaveLength(2);
});

test("a second publish of a run changes nothing, even after a rollback", async () => {
  const { store, bundle } = await newStore();
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  const first = await publish(store, bundle, "desktop-1");
  const seen = await clientTimestamp(store);
  expect(await publish(store, bundle, "desktop-1")).toEqual(first);
  expect(await clientTimestamp(store)).toBe(seen);
  await publish(store, bundle, "desktop-2");
  await store.rollback(TARGET, first.id);
  await publish(store, bundle, "desktop-2");
  expect((await store.target(TARGET)).current).toBe(first.id);
});

test("publishes and rollbacks within one second, and a clock set back, still give clients a newer index", async () => {
  const { store, bundle } = await newStore();
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  const first = await publish(store, bundle, "desktop-1");
  const times = [await clientTimestamp(store)];
  await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.1" });
  const second = await publish(store, bundle, "desktop-2");
  times.push(await clientTimestamp(store));
  for (const id of [first.id, second.id, first.id]) {
    await store.rollback(TARGET, id);
    times.push(await clientTimestamp(store));
  }
  const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  // Portage's tolerance is 5 seconds.
  expect(Math.min(...steps)).toBeGreaterThan(5);
});

test("rollback gives back exactly the old content, forward the new; the next run builds on what is current", async () => {
  const { store, bundle } = await newStore();
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  const first = await publish(store, bundle, "desktop-1");
  await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.1" });
  const second = await publish(store, bundle, "desktop-2");
  expect(await store.rollback(TARGET, first.id)).toEqual(first);
  expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-1"]);
  const seen = await readlink(join(store.dir, "targets", TARGET, "current"));
  await store.rollback(TARGET, first.id);
  expect(await readlink(join(store.dir, "targets", TARGET, "current"))).toBe(seen);
  await store.rollback(TARGET, second.id);
  expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-1", "app-misc/hello-1.1-1"]);
  await store.rollback(TARGET, first.id);
  await stagePackage(store, "desktop-3", { cpv: "app-misc/calc-1.0" });
  await publish(store, bundle, "desktop-3");
  expect(await clientPackages(store)).toEqual(["app-misc/calc-1.0-1", "app-misc/hello-1.0-1"]);
  await expect(store.rollback(TARGET, "20200101T000000Z-none")).rejects.toMatchObject({
    kind: "not-found",
    hint: expect.stringContaining(first.id),
  });
});

test("prune keeps the newest, the current one and what an unpublished run has staged; it removes the rest from the disk", async () => {
  const { store, bundle } = await newStore();
  const old = await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  const first = await publish(store, bundle, "desktop-1");
  const between = await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.0", buildId: 2 });
  const second = await publish(store, bundle, "desktop-2");
  const last = await stagePackage(store, "desktop-3", { cpv: "app-misc/hello-1.0", buildId: 3 });
  const third = await publish(store, bundle, "desktop-3");
  const waiting = await stagePackage(store, "desktop-4", { cpv: "app-misc/calc-1.0" });
  await store.rollback(TARGET, first.id);
  expect(await store.prune(TARGET, 1)).toEqual([second.id]);
  expect((await store.snapshots(TARGET)).map((it) => it.id)).toEqual([third.id, first.id]);
  expect(await store.stagingRuns()).toEqual(["desktop-4"]);
  expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-1"]);
  for (const kept of [old, last, waiting])
    expect((await lstat(await store.artifactFile(kept.sha256))).size).toBe(kept.size);
  await expect(store.artifactFile(between.sha256)).rejects.toThrow(/no artifact/);
  await store.rollback(TARGET, third.id);
  expect(await store.prune(TARGET, 1)).toEqual([first.id]);
  expect(await readdir(join(store.dir, "targets", TARGET, "reissues"))).toHaveLength(1);
  expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-3"]);
  await expect(store.prune(TARGET, 0)).rejects.toThrow(/keep must be 1 or more/);
});

test("two processes' publishes of one target at once: one after the other, nothing is lost", async () => {
  const { store, bundle } = await newStore();
  // Another PackageStore on the same directory shares nothing with the first but the files.
  const other = await openStore(store.dir, { name: "main" });
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  await stagePackage(store, "desktop-2", { cpv: "app-misc/calc-1.0" });
  const made = await Promise.all([
    publish(store, bundle, "desktop-1"),
    publish(other, bundle, "desktop-2"),
    publish(other, bundle, "desktop-1"),
  ]);
  expect(made[0].id).toBe(made[2].id);
  expect(await clientPackages(store)).toEqual(["app-misc/calc-1.0-1", "app-misc/hello-1.0-1"]);
});

test("an artifact that changed on disk is not published", async () => {
  const { store, bundle } = await newStore();
  const it = await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  await writeFile(await store.artifactFile(it.sha256), "short");
  await expect(publish(store, bundle, "desktop-1")).rejects.toThrow(/not the file that was accepted/);
  expect((await store.target(TARGET)).current).toBeNull();
});

test("targets: unknown ones name the known, a bundle must be the target's", async () => {
  const { store, bundle } = await newStore();
  await expect(store.target("laptop")).rejects.toMatchObject({
    message: "unknown target laptop",
    hint: "Known targets: desktop.",
  });
  const order = { target: "laptop", run: "laptop-1", tree: "git:abc", bundle, createdAt: "2026-01-01T00:00:00Z" };
  await expect(store.publish(order)).rejects.toThrow(/unknown target laptop/);
  await expect(store.putTarget("laptop", bundle)).rejects.toThrow(/is of target desktop, not of laptop/);
  await expect(store.putTarget("laptop", "0".repeat(64))).rejects.toThrow(/no blob/);
  const junk = await store.putBlob(Buffer.from("{}"));
  await expect(store.putTarget("laptop", junk)).rejects.toThrow(/is not a target's bundle/);
  const before = await store.target(TARGET);
  expect(await store.putTarget(TARGET, bundle)).toEqual(before);
});
