import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { droneLog } from "../../../cli/buildLog.ts";
import type { BuildOrder } from "../../../model/build.ts";
import { copyLog } from "../../../operations/buildLogs.ts";
import { openYard, type TestContext, type Yard } from "./support.ts";

const MIB = 2 ** 20;
/** What the drone believes that the binhost keeps of a log, which is 16 times that. */
const LIMIT = MIB;

/** Prints much while it configures, then waits, then fails in its compilation. */
const NOISY = `S="\${WORKDIR}"
src_configure() { echo the beginning; yes "some line of a log that is printed" | head -c \${NOISE:-160M}; }
src_compile() {
  until [[ -e \${EPREFIX}/go ]]; do sleep 0.05; done
  printf 'not UTF-8: \\377\\376\\n'; head -c 3M /dev/zero | tr '\\000' x; echo
  echo "noisy.c:1: error: thing undeclared"; die "compile failed"
}`;
const ENDLESS = `S="\${WORKDIR}"
src_compile() { until [[ -e \${EPREFIX}/go ]]; do sleep 0.05; done; yes "on and on"; }`;

let yard: Yard;
beforeAll(async () => {
  yard = await openYard(
    [
      { cpv: "app-misc/noisy-1.0", body: NOISY },
      { cpv: "app-misc/endless-1.0", body: ENDLESS },
    ],
    ["app-misc/noisy", "app-misc/endless"],
  );
});
afterAll(() => yard.close());

const eventually = { timeout: 60_000, interval: 10 };
const attemptFor = (order: BuildOrder) => yard.attempt(order);
const onDisk = (file: string): number => statSync(file, { throwIfNoEntry: false })?.blocks ?? 0;
const inPhase = (context: TestContext, phase: string) =>
  vi.waitFor(() => expect(context.progress()?.phase).toBe(phase), eventually);
const failureOf = (build: Promise<unknown>) =>
  build.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: { details?: unknown[] }) => error.details?.[0],
  );

test("a build that prints 160 MB fills no disk; its drone's next life, its failure and all who read its log get on with that", async () => {
  const order = yard.order("app-misc/noisy-1.0");
  const { log, root } = attemptFor(order);
  const first = (await yard.live({ logLimitBytes: LIMIT })).within((it) => it.build(order));
  let peak = 0;
  const looking = setInterval(() => {
    peak = Math.max(peak, onDisk(log) * 512);
  }, 5);
  onTestFinished(() => clearInterval(looking));
  await inPhase(first.context, "compile");
  // What is kept, what may come between two looks, and that a machine is busy.
  expect(peak).toBeLessThan(64 * MIB);
  expect((await stat(log)).size).toBeGreaterThan(160_000_000);
  expect(onDisk(log) * 512).toBeLessThan(12 * MIB);
  const copies = await readdir(join(root, "var/log/portage"));
  for (const copy of copies) expect(onDisk(join(root, "var/log/portage", copy)) * 512).toBeLessThan(90 * MIB);

  first.context.end("detached");
  await first.done.catch(() => {});
  const second = (await yard.live({ logLimitBytes: LIMIT })).within((it) => it.build(order));
  // That it compiles stands behind what it can still read, and in what its supervisor has noted.
  await inPhase(second.context, "compile");
  await writeFile(join(root, "go"), "");
  expect(await failureOf(second.done)).toMatchObject({
    ...{ class: "package", phase: "compile", errorLine: "noisy.c:1: error: thing undeclared" },
    around: expect.arrayContaining([expect.stringMatching(/^not UTF-8: /)]),
    usage: { phases: expect.arrayContaining([expect.objectContaining({ name: "compile" })]) },
  });

  const key = { run: order.run, cpv: order.cpv, attempt: 1 };
  await vi.waitFor(async () => expect((await yard.client.logs.state(key)).complete).toBe(true), eventually);
  const pieces: Uint8Array[] = [];
  for await (const { bytes } of yard.client.logs.pieces(key)) pieces.push(bytes);
  const kept = Buffer.concat(pieces).toString("latin1");
  const own = await droneLog(join(yard.directory, "drone"), log, LIMIT);
  const chunks: Uint8Array[] = [];
  if (own) await copyLog(own, (bytes) => void chunks.push(bytes));
  await own?.close();
  const read = Buffer.concat(chunks).toString("latin1");
  for (const text of [kept, read]) {
    expect(text).toMatch(
      />>> Unpacking source[\s\S]*the beginning\n[\s\S]*bytes are left out here[\s\S]*error: thing undeclared\n/,
    );
    expect(text).not.toContain("\0");
    expect(text.length).toBeLessThan(12 * MIB);
    expect(text).toContain("not UTF-8: \xff\xfe\n");
  }
});

test("where the file system keeps all of a log, a build that prints for ever is ended", async (context) => {
  const order = yard.order("app-misc/endless-1.0");
  const { log, root } = attemptFor(order);
  const build = (await yard.live({ logLimitBytes: LIMIT })).within((it) => it.build(order));
  await inPhase(build.context, "compile");
  // Nothing of it can be given up now; it stands for a file system that cannot do that.
  const { status } = spawnSync("chattr", ["+a", log]);
  onTestFinished(() => void spawnSync("chattr", ["-a", log]));
  if (status !== 0) {
    build.context.end("cancelled");
    return context.skip("no right to make a file append-only: run as root on ext4");
  }
  await writeFile(join(root, "go"), "");
  expect(await failureOf(build.done)).toMatchObject({
    ...{ class: "package", phase: "compile" },
    message: expect.stringMatching(/^it printed .* MiB: killed, since the drone's file system keeps all of it/),
  });
  expect((await stat(log)).size).toBeGreaterThan(144 * MIB);
});
