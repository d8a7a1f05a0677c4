import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CompleteAsyncError } from "@temporalio/activity";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decideNice, type Weighed } from "../../../activities/drone/priorities.ts";
import { requestNice, usageOf } from "../../../activities/drone/supervisor.ts";
import type { BuildOrder } from "../../../model/build.ts";
import { PACKAGES, WORLD } from "./packages.ts";
import { eventually, openYard, type Yard } from "./support.ts";

const estimate = { work: 100, serial: 10, width: 8, sigma: 0 };
const build = (tail: number | undefined, used = 0, nice = 4): Weighed => ({
  order: { nice, estimate, ...(tail === undefined ? {} : { tail }) },
  used,
});

describe("which build goes first", () => {
  test("the one that most waits for; the others step back in proportion", () => {
    const [critical, middle, filler] = decideNice([build(1000), build(600), build(0)], 8, 1);
    expect(critical).toBe(0);
    expect(middle).toBeGreaterThan(0);
    expect(filler).toBeGreaterThan(middle ?? 0);
  });

  test("alone, whatever it is", () => {
    expect(decideNice([build(0)], 8, 1)).toEqual([0]);
  });

  test("an order without an estimate keeps its own, and moves no other", () => {
    expect(decideNice([build(undefined, 0, 7), build(1000), build(1000)], 8, 1)).toEqual([7, 0, 0]);
  });

  test("what is nearly done has less ahead of it; a faster drone's core-seconds are more work", () => {
    const weighed = [build(0, 0), build(0, 45)];
    const [, half] = decideNice(weighed, 1, 1);
    const [, most] = decideNice(weighed, 1, 2);
    expect(half).toBeGreaterThan(0);
    expect(most).toBeGreaterThan(half ?? 0);
  });
});

describe("builds that run beside each other", () => {
  let yard: Yard;
  beforeAll(async () => {
    yard = await openYard(PACKAGES, WORLD);
  });
  afterAll(() => yard.close());
  const order = (run: number, tail: number) =>
    yard.order("app-misc/slow-1.0", { run: `desktop-20261121-020${run}`, target: `target-${run}`, tail, estimate });
  const niceIs = (of: BuildOrder, nice: unknown) =>
    vi.waitFor(async () => expect((await usageOf(yard.attempt(of)))?.nice).toEqual(nice), eventually);
  const finish = (of: BuildOrder) => writeFile(join(yard.attempt(of).root, "go"), "");

  test("get their priorities in flight: by each other, by a drone that takes them over, anew when one ends", async () => {
    const [critical, filler] = [order(1, 10_000), order(2, 10)];
    const life = await yard.live();
    const one = life.within((it) => it.build(critical));
    const other = life.within((it) => it.build(filler));
    await niceIs(filler, 19);
    await niceIs(critical, 0);
    await vi.waitFor(
      () => expect(other.context.progress()).toMatchObject({ memoryBytes: expect.any(Number) }),
      eventually,
    );

    for (const { context, done } of [one, other]) {
      context.end("detached");
      await expect(done).rejects.toBeInstanceOf(CompleteAsyncError);
    }
    await requestNice(yard.attempt(critical), 11);
    await niceIs(critical, 11);
    const next = await yard.live();
    const [again, beside] = [critical, filler].map((each) => next.within((it) => it.build(each)));
    await niceIs(critical, 0);

    await finish(critical);
    expect(await again?.done).toMatchObject({ adopted: true });
    await niceIs(filler, 0);
    await finish(filler);
    const artifact = await beside?.done;
    expect(artifact?.usage?.phases.at(-1)).toMatchObject({ name: "package" });
    for (const each of [critical, filler]) await next.activities.discard(each);
  });
});
