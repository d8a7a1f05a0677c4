import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { ApplicationFailure } from "@temporalio/common";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { attemptOf } from "../../../activities/drone/attempt.ts";
import { sha256Of } from "../../../activities/drone/digest.ts";
import { busyOf } from "../../../activities/drone/facts.ts";
import { type BuiltArtifact, uploadId } from "../../../model/build.ts";
import { GIB } from "../../../system/disk.ts";
import { PACKAGES } from "./packages.ts";
import { type Life, openYard, RUN, type Yard } from "./support.ts";

let yard: Yard;
let life: Life;

beforeAll(async () => {
  const wanted = PACKAGES.filter((it) => /bystander|greedy/.test(it.cpv));
  yard = await openYard(wanted, ["app-misc/bystander", "app-err/greedy"]);
  life = await yard.live();
});
afterAll(() => yard.close());

test("facts tell a restart of the drone from another machine, and its toolchain", async () => {
  const facts = await life.activities.facts();
  expect(facts).toMatchObject({
    name: "izar",
    cores: 16,
    slots: 2,
    compiler: expect.stringMatching(/^gcc \d+\.\d+\.\d+$/),
  });
  expect(facts).toMatchObject({
    memoryForBuildsBytes: 4 * GIB,
    coresLimit: cpus().length,
    exclude: [],
    only: ["dev-libs/*"],
  });
  // Neither is measured yet.
  expect(facts).not.toHaveProperty("busyCores");
  expect(facts).not.toHaveProperty("linkBytesPerSecond");
  expect(facts.speed).toBeGreaterThan(0.05);
  expect((await (await yard.live()).activities.facts()).speed).toBe(facts.speed);
  expect(facts.libc).toMatch(/^(glibc|musl) \d/);
  expect(facts.memoryBytes).toBeGreaterThan(GIB / 4);
  expect(facts.diskFreeBytes).toBeGreaterThan(0);
  // None of it is kept free here, and nothing builds.
  expect(facts.diskForBuildsBytes).toBe(facts.diskFreeBytes);
  expect((await (await yard.live()).activities.facts()).id).toBe(facts.id);
  const other = await yard.live({ dir: join(yard.directory, "other") });
  expect((await other.activities.facts()).id).not.toBe(facts.id);
});

test.each([
  ["all cores are for builds", 8, 3.2, 3],
  ["others have two cores to themselves", 6, 1.8, 0],
  ["others take more than theirs", 4, 5.3, 1.5],
  ["others take all", 8, 8.1, 8],
])("of 8 cores others keep some busy: %s", (_, usable, foreign, busy) => {
  expect(busyOf(foreign, usable, 8)).toBe(busy);
});

test("two drones that synced the same report the same", async () => {
  const { bundle } = yard.order("app-misc/bystander-1.0");
  const trees = [{ name: yard.tree.name, sync: "directory" as const, uri: yard.tree.location }];
  const request = { run: RUN, target: "desktop", bundle, trees, fetch: true, pin: null };
  const other = await yard.live({ dir: join(yard.directory, "other") });
  const report = await life.activities.syncTree(request);
  expect(report).toMatchObject({ name: "izar", bundle, chost: "x86_64-pc-linux-gnu" });
  expect(await other.activities.syncTree(request)).toEqual(report);
  const wrong = {
    ...request,
    trees: [{ name: "demo", sync: "directory" as const, uri: join(yard.directory, "none") }],
  };
  await expect(life.activities.syncTree(wrong)).rejects.toMatchObject({ type: "drone", nonRetryable: true });
});

test("a drone that is not restarted for months removes old logs too: at each sync", async () => {
  const { bundle } = yard.order("app-misc/bystander-1.0");
  const logs = join(yard.directory, "drone", "logs", "desktop-20260101-0101", "app-misc");
  await mkdir(logs, { recursive: true });
  const daysAgo = async (days: number): Promise<string> => {
    const file = join(logs, `${days}.log`);
    await writeFile(file, "what a build wrote");
    const at = new Date(Date.now() - days * 24 * 3600_000);
    await utimes(file, at, at);
    return file;
  };
  const [old, recent] = [await daysAgo(31), await daysAgo(29)];
  const trees = [{ name: yard.tree.name, sync: "directory" as const, uri: yard.tree.location }];
  await life.activities.syncTree({ run: RUN, target: "desktop", bundle, trees, fetch: true, pin: null });
  expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
});

describe("upload", () => {
  const drone = () => join(yard.directory, "drone");
  const attempt = (number: number) => join(drone(), "attempts", RUN, "app-misc", `bystander-1.0.${number}`);
  const kept = ({ sha256 }: BuiltArtifact) => join(drone(), "artifacts", sha256);

  test("brings the artifact and keeps it for builds that need it; again it only sees that the binhost has it", async () => {
    const order = yard.order("app-misc/bystander-1.0");
    const artifact = await life.activities.build(order);
    await life.activities.upload({ order, artifact });
    expect(existsSync(attempt(1))).toBe(false);
    expect(await sha256Of(kept(artifact))).toBe(artifact.sha256);
    await life.activities.upload({ order, artifact });
    await life.activities.discard(order);
    expect(existsSync(kept(artifact))).toBe(true);
  });

  test("that ended after the binhost had it all, but before the artifact was moved, moves it when it is asked again", async () => {
    const order = yard.order("app-misc/bystander-1.0", { attempt: 3 });
    const artifact = await life.activities.build(order);
    const { size, sha256 } = artifact;
    const file = attemptOf({ dir: drone(), prefixLength: 96 }, order).packageFile(artifact.buildId);
    await yard.client.uploadArtifact({ id: uploadId(order), file, size, sha256 });
    const next = await yard.live();
    await next.activities.upload({ order, artifact });
    expect([existsSync(attempt(3)), existsSync(kept(artifact))]).toEqual([false, true]);
  });

  test("of an artifact that was damaged meanwhile keeps none: it would be believed", async () => {
    const order = yard.order("app-misc/bystander-1.0", { attempt: 4 });
    const artifact = await life.activities.build(order);
    const { size, sha256 } = artifact;
    const file = attemptOf({ dir: drone(), prefixLength: 96 }, order).packageFile(artifact.buildId);
    await yard.client.uploadArtifact({ id: uploadId(order), file, size, sha256 });
    await writeFile(file, Buffer.alloc(size));
    await life.activities.upload({ order, artifact });
    expect([existsSync(attempt(4)), existsSync(kept(artifact))]).toEqual([false, false]);
  });

  test("of an artifact that neither the drone nor the binhost has ends with that reason", async () => {
    const order = yard.order("app-misc/bystander-1.0", { attempt: 2 });
    const artifact = await life.activities.build(order);
    await life.activities.discard(order);
    const gone = await life.activities.upload({ order, artifact }).catch((error: unknown) => error);
    expect(gone).toBeInstanceOf(ApplicationFailure);
    expect(gone).toMatchObject({ type: "infrastructure", nonRetryable: true });
  });
});

test("a disk that fills during the build is named, and blamed on nobody (skipped where nothing can be mounted)", async (context) => {
  const dir = join(yard.directory, "small");
  await mkdir(dir);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", dir]);
  if (mounted.status !== 0) return context.skip("a tmpfs cannot be mounted here");
  onTestFinished(() => void execFileSync("umount", [dir]));
  const small = await yard.live({ dir });
  const order = yard.order("app-err/greedy-1.0");
  const trees = [{ name: yard.tree.name, sync: "directory" as const, uri: yard.tree.location }];
  await small.activities.syncTree({ run: RUN, target: "desktop", bundle: order.bundle, trees, fetch: true, pin: null });
  const failure = await small.activities.build(order).catch((error: unknown) => error);
  expect(failure).toMatchObject({ type: "infrastructure", message: expect.stringMatching(/^disk full/) });
  await small.activities.discard(order);
  expect(existsSync(join(dir, "attempts", RUN, "app-err", "greedy-1.0.1"))).toBe(false);
});
