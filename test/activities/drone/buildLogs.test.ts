import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { BuildOrder } from "../../../model/build.ts";
import { PACKAGES, WORLD } from "./packages.ts";
import { type Life, openYard, RUN, type TestContext, type Yard } from "./support.ts";

let yard: Yard;
let life: Life;

beforeAll(async () => {
  yard = await openYard(PACKAGES, WORLD);
  life = await yard.live();
});
afterAll(() => yard.close());

const eventually = { timeout: 30_000, interval: 20 };
const attemptFor = (order: BuildOrder) => yard.attempt(order);
const keyOf = ({ run, cpv, attempt }: BuildOrder) => ({ run, cpv, attempt });

async function kept(order: BuildOrder): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const { bytes } of yard.client.logs.pieces(keyOf(order))) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}

async function completed(order: BuildOrder): Promise<string> {
  await vi.waitFor(async () => expect((await yard.client.logs.state(keyOf(order))).complete).toBe(true), eventually);
  return kept(order);
}

const compiles = (context: TestContext) =>
  vi.waitFor(() => expect(context.progress()?.phase).toBe("compile"), eventually);

test("a build's log is at the binhost while it compiles, and whole when it has ended", async () => {
  const order = yard.order("app-misc/slow-1.0");
  const build = life.within((it) => it.build(order));
  await compiles(build.context);
  const numberIn = (text: string): number => Number(/(?:^|\n)step (\d+)\n(?![\s\S]*\nstep \d+\n)/.exec(text)?.[1] ?? 0);
  const local = numberIn(await readFile(attemptFor(order).log, "utf8"));
  const seen = performance.now();
  await vi.waitFor(async () => expect(numberIn(await kept(order))).toBeGreaterThanOrEqual(local), eventually);
  expect(performance.now() - seen).toBeLessThan(2000);
  expect(await kept(order)).toContain(">>> Compiling source");
  await writeFile(join(attemptFor(order).root, "go"), "");
  await build.done;
  expect(await completed(order)).toBe(await readFile(attemptFor(order).log, "utf8"));
  await life.activities.discard(order);
  expect((await yard.client.logs.list(RUN)).find(({ cpv }) => cpv === order.cpv)).toMatchObject({ failed: null });
});

test("a failed build is found by the phase that failed and its error line", async () => {
  const order = yard.order("app-err/broken-1.0");
  await expect(life.activities.build(order)).rejects.toThrow();
  expect(await completed(order)).toContain("undeclared_thing");
  const found = (await yard.client.logs.list(RUN)).find(({ cpv }) => cpv === order.cpv);
  expect(found).toMatchObject({
    complete: true,
    failed: { phase: "compile", errorLine: expect.stringContaining("undeclared_thing") },
  });
  await life.activities.discard(order);
});

test("a build goes on while the binhost is away, which gets its log when it is back", async () => {
  const order = yard.order("app-misc/slow-1.0", { attempt: 2 });
  const build = life.within((it) => it.build(order));
  await compiles(build.context);
  await yard.outage(async () => {
    await writeFile(join(attemptFor(order).root, "go"), "");
    await build.done;
  });
  expect(await completed(order)).toBe(await readFile(attemptFor(order).log, "utf8"));
  await life.activities.discard(order);
});

test("the log of a build whose drone goes away is followed by its next life", async () => {
  const order = yard.order("app-misc/slow-1.0", { attempt: 3 });
  const first = life.within((it) => it.build(order));
  await compiles(first.context);
  first.context.end("detached");
  await first.done.catch(() => {});
  const next = await yard.live();
  const second = next.within((it) => it.build(order));
  await compiles(second.context);
  await writeFile(join(attemptFor(order).root, "go"), "");
  await second.done;
  expect(await completed(order)).toBe(await readFile(attemptFor(order).log, "utf8"));
  await next.activities.discard(order);
});
