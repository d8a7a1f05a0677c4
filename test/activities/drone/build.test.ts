import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CompleteAsyncError } from "@temporalio/activity";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { BuildOrder } from "../../../model/build.ts";
import { processesIn } from "../../../system/processes.ts";
import { PACKAGES, WORLD } from "./packages.ts";
import { eventually, failureOf, type Life, openYard, RUN, type Yard } from "./support.ts";

let yard: Yard;
let life: Life;

beforeAll(async () => {
  yard = await openYard(PACKAGES, WORLD);
  life = await yard.live();
});
afterAll(async () => {
  const left = processesIn([join(yard.directory, "drone")]);
  await yard.close();
  expect(left).toEqual([]);
});

const attemptFor = (order: BuildOrder) => yard.attempt(order);

describe("a package with two dependencies", () => {
  test("is refused before anything starts while an artifact is missing", async () => {
    const order = yard.order("dev-libs/beta-1.0");
    const failure = await failureOf(life.activities.build(order));
    expect(failure).toMatchObject({ class: "infrastructure", message: expect.stringContaining("dev-libs/alpha-1.0") });
    expect(existsSync(attemptFor(order).log)).toBe(false);
    await life.activities.discard(order);
  });

  test("is built against exactly those, in order", async () => {
    await yard.deliver(life, "dev-libs/alpha-1.0");
    await yard.deliver(life, "dev-util/tool-1.0");
    const order = yard.order("dev-libs/beta-1.0");
    const artifact = await life.activities.build(order);
    expect(artifact).toMatchObject({ cpv: "dev-libs/beta-1.0", buildId: 1, adopted: false });
    const { usage } = artifact;
    expect(usage?.phases.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["dependencies", "setup", "unpack", "compile", "install", "package"]),
    );
    const seconds = usage?.phases.reduce((sum, phase) => sum + phase.seconds, 0) ?? 0;
    expect(Math.abs(seconds - artifact.buildSeconds - artifact.prepareSeconds)).toBeLessThan(2);
    expect(usage?.cpuSeconds).toBeGreaterThan(0.5);
    // Python, bash and a compiler.
    expect(usage?.peakMemoryBytes).toBeGreaterThan(20 * 2 ** 20);
    // Its root at least, with what was installed there and its work.
    expect(usage?.peakDiskBytes).toBeGreaterThan(50 * 2 ** 10);

    // What this drone has built is at hand.
    expect(yard.requests.filter((it) => it.startsWith("GET /api/artifacts/"))).toEqual([]);

    const log = await readFile(attemptFor(order).log, "utf8");
    expect(log).toContain(">>> Installing 2 packages that it needs");
    const image = execFileSync("tar", ["-xOf", attemptFor(order).packageFile(1), "beta-1.0-1/metadata.tar.zst"]);
    const rdepend = execFileSync("tar", ["--zstd", "-xOf", "-", "metadata/RDEPEND"], { input: image }).toString();
    expect(rdepend.trim()).toBe("dev-libs/alpha:0/1=");
    expect(existsSync(attemptFor(order).root)).toBe(false);
  });

  test("gives the same result when it is asked for again", async () => {
    const order = yard.order("dev-libs/beta-1.0");
    const first = await life.activities.build(order);
    expect(first.adopted).toBe(true);
    expect(await life.activities.build(order)).toEqual(first);
    await life.activities.discard(order);
    await life.activities.discard(order);
    expect(await readdir(join(yard.directory, "drone/attempts", RUN, "dev-libs"))).toEqual([]);
    expect(existsSync(attemptFor(order).log)).toBe(true);
  });

  test("gets the BUILD_ID of the plan", async () => {
    const bytes = await yard.client.getBlob(yard.order("app-misc/bystander-1.0").plan);
    const plan = JSON.parse(bytes.toString());
    const index = plan.packages.findIndex((it: { cpv: string }) => it.cpv === "app-misc/bystander-1.0");
    plan.packages[index].buildId = 7;
    const blob = await yard.client.putBlob(Buffer.from(JSON.stringify(plan)));
    const order = yard.order("app-misc/bystander-1.0", { plan: blob });
    expect(await life.activities.build(order)).toMatchObject({ buildId: 7 });
    expect(attemptFor(order).packageFile(7)).toMatch(/bystander-1\.0-7\.gpkg\.tar$/);
    await life.activities.discard(order);
  });

  test("is refused as stale where the drone has another tree", async () => {
    const bytes = await yard.client.getBlob(yard.order("app-misc/bystander-1.0").plan);
    const plan = { ...JSON.parse(bytes.toString()), tree: "git:0123" };
    const blob = await yard.client.putBlob(Buffer.from(JSON.stringify(plan)));
    const order = yard.order("app-misc/bystander-1.0", { plan: blob, tree: "git:0123" });
    expect(await failureOf(life.activities.build(order))).toMatchObject({ class: "stale" });
    await life.activities.discard(order);
  });
});

test("whether a build compiles is known at each of its stages, and after it", async () => {
  const order = yard.order("app-misc/patient-1.0");
  const compiles = () => life.activities.isCompiling(order);
  expect(await compiles()).toBe(false);
  const build = life.within((it) => it.build(order));
  await vi.waitFor(() => expect(build.context.progress()?.phase).toBe("configure"), eventually);
  expect(await compiles()).toBe(false);
  await writeFile(join(attemptFor(order).root, "go"), "");
  await vi.waitFor(async () => expect(await compiles()).toBe(true), eventually);
  await writeFile(join(attemptFor(order).root, "compiled"), "");
  await build.done;
  expect(await compiles()).toBe(true);
  await life.activities.discard(order);
  expect(await compiles()).toBe(true);
});

describe("an artifact that waits for its binhost", () => {
  const bystander = (attempt: number) => yard.order("app-misc/bystander-1.0", { attempt, noOutputSeconds: 7200 });
  let offset = 0;
  const minutesLater = (minutes: number) => {
    const real = performance.timeOrigin;
    offset += minutes * 60_000;
    vi.spyOn(Date, "now").mockImplementation(() => real + performance.now() + offset);
  };

  test("is kept while uploads are tried again, and goes when nobody has asked for it any more", async () => {
    const order = yard.order("dev-libs/alpha-1.0", { attempt: 31 });
    const artifact = await life.activities.build(order);
    try {
      await builtAfter(0, 32);
      minutesLater(9);
      const upload = life.within((it) => it.upload({ order, artifact }));
      upload.context.end("detached");
      await expect(upload.done).rejects.toBeInstanceOf(CompleteAsyncError);
      await builtAfter(3, 33);
      expect(existsSync(attemptFor(order).packageFile(1))).toBe(true);
      await builtAfter(11, 34);
      expect(existsSync(attemptFor(order).packageFile(1))).toBe(false);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test("is kept by a drone that starts anew, however long the engine was away", async () => {
    const order = yard.order("dev-libs/alpha-1.0", { attempt: 35 });
    await life.activities.build(order);
    const next = await yard.live();
    try {
      minutesLater(60);
      await next.activities.build(bystander(36));
      expect(existsSync(attemptFor(order).packageFile(1))).toBe(true);
    } finally {
      vi.restoreAllMocks();
    }
    for (const each of [order, bystander(36)]) await next.activities.discard(each);
  });

  async function builtAfter(minutes: number, attempt: number): Promise<void> {
    if (minutes > 0) minutesLater(minutes);
    await life.within((it) => it.build(bystander(attempt))).done;
    await life.activities.discard(bystander(attempt));
  }
});

describe("a package that does not build", () => {
  test("a compile error is the package's, with phase and the compiler's words", async () => {
    const order = yard.order("app-err/broken-1.0");
    const failure = await failureOf(life.activities.build(order));
    expect(failure).toMatchObject({ class: "package", phase: "compile" });
    expect(failure.message).toMatch(/^compile phase: broken\.c:1.*undeclared_thing.*undeclared/);
    expect(failure.logTail?.join("\n")).toContain("undeclared_thing");
    expect(failure.logTail?.length).toBeLessThanOrEqual(40);
    expect(failure.errorLine).toMatch(/^broken\.c:1:\d+: error: .undeclared_thing. undeclared/);
    expect(failure.around).toContain(failure.errorLine);
    expect(failure.around?.length).toBeLessThanOrEqual(41);
    expect(await failureOf(life.activities.build(order))).toEqual(failure);
    await life.activities.discard(order);
  });

  test("a source that cannot be fetched is nobody's fault; a forged one is the package's", async () => {
    await rm(join(yard.tree.distfiles, "gone-1.0.tar"));
    const forgedFile = join(yard.tree.distfiles, "forged-1.0.tar");
    await writeFile(forgedFile, (await readFile(forgedFile, "latin1")).replace("forged\n", "FORGED\n"));
    const gone = await failureOf(life.activities.build(yard.order("app-err/gone-1.0")));
    expect(gone).toMatchObject({ class: "infrastructure", message: expect.stringContaining("gone-1.0.tar") });
    const forged = await failureOf(life.activities.build(yard.order("app-err/forged-1.0")));
    expect(forged).toMatchObject({ class: "package" });
  });

  test("what only lies at hand gives way to a build that is expected to need the room", async () => {
    const artifacts = join(yard.directory, "drone/artifacts");
    const stale = join(artifacts, "f".repeat(64));
    await writeFile(stale, "what nobody has asked for since long");
    await utimes(stale, 1, 1);
    const order = (attempt: number, more = {}) => yard.order("app-misc/bystander-1.0", { attempt, ...more });
    await life.activities.build(order(10));
    expect(existsSync(stale)).toBe(true);
    await life.activities.build(order(11, { diskBytes: Number.MAX_SAFE_INTEGER }));
    expect(existsSync(stale)).toBe(false);
    await life.activities.discard(order(11));
  });

  test("too little free disk is refused before anything starts", async () => {
    const low = await yard.live({ lowDiskGib: 1_000_000 });
    const failure = await failureOf(low.activities.build(yard.order("app-misc/bystander-1.0", { attempt: 9 })));
    expect(failure).toMatchObject({ class: "infrastructure", message: expect.stringMatching(/^disk full: /) });
  });
});
