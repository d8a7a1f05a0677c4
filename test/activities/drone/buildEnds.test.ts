import { existsSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CompleteAsyncError } from "@temporalio/activity";
import { CancelledFailure } from "@temporalio/common";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { supervisorOf } from "../../../activities/drone/supervisor.ts";
import type { BuildOrder } from "../../../model/build.ts";
import { processesIn } from "../../../system/processes.ts";
import { isAlive } from "../../../system/processIdentity.ts";
import { PACKAGES, WORLD } from "./packages.ts";
import { eventually, failureOf, type Life, openYard, type TestContext, type Yard } from "./support.ts";

let yard: Yard;
let life: Life;

beforeAll(async () => {
  yard = await openYard(PACKAGES, WORLD);
  life = await yard.live();
});
afterAll(() => yard.close());

const attemptFor = (order: BuildOrder) => yard.attempt(order);

async function reaches(context: TestContext, line: RegExp): Promise<void> {
  await vi.waitFor(() => expect(context.progress()?.lastLine ?? "").toMatch(line), eventually);
}

describe("a build whose drone goes away", () => {
  test("runs on, is adopted by the next life, and ends there", async () => {
    const order = yard.order("app-misc/slow-1.0");
    const first = life.within((it) => it.build(order));
    await reaches(first.context, /^step \d/);
    expect(first.context.progress()?.phase).toBe("compile");
    first.context.end("detached");
    await expect(first.done).rejects.toBeInstanceOf(CompleteAsyncError);

    const supervisor = await supervisorOf(attemptFor(order));
    const next = await yard.live();
    const second = next.within((it) => it.build(order));
    await reaches(second.context, /^step \d/);
    expect(await supervisorOf(attemptFor(order))).toEqual(supervisor);
    await writeFile(join(attemptFor(order).root, "go"), "");
    expect(await second.done).toMatchObject({ adopted: true });
    await next.activities.discard(order);
  });

  test("is taken over by a newer activity for the same attempt", async () => {
    const order = yard.order("app-misc/slow-1.0", { attempt: 2 });
    const first = life.within((it) => it.build(order));
    await reaches(first.context, /^step \d/);
    const second = life.within((it) => it.build(order));
    await expect(first.done).rejects.toBeInstanceOf(CompleteAsyncError);
    await reaches(second.context, /^step \d/);
    second.context.end("cancelled");
    await expect(second.done).rejects.toBeInstanceOf(CancelledFailure);
  });

  test("is ended when another attempt of the package takes its place", async () => {
    const old = yard.order("app-misc/slow-1.0", { attempt: 3 });
    const first = life.within((it) => it.build(old));
    await reaches(first.context, /^step \d/);
    first.context.end("detached");
    await expect(first.done).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(processesIn([attemptFor(old).root])).not.toEqual([]);

    const next = life.within((it) => it.build(yard.order("app-misc/slow-1.0", { attempt: 4 })));
    await reaches(next.context, /^step \d/);
    expect(processesIn([attemptFor(old).root, attemptFor(old).directory])).toEqual([]);
    expect(existsSync(attemptFor(old).directory)).toBe(false);
    next.context.end("cancelled");
    await expect(next.done).rejects.toBeInstanceOf(CancelledFailure);
  });

  test("begins anew where it was killed meanwhile", async () => {
    const order = yard.order("app-misc/slow-1.0", { attempt: 5 });
    const first = life.within((it) => it.build(order));
    await reaches(first.context, /^step \d/);
    first.context.end("detached");
    await expect(first.done).rejects.toBeInstanceOf(CompleteAsyncError);
    const killed = await supervisorOf(attemptFor(order));
    const all = processesIn([attemptFor(order).root]).map(({ pid }) => pid);
    // The supervisor first: it would note how the others ended.
    for (const pid of all.toSorted((a, b) => Number(b === killed?.pid) - Number(a === killed?.pid)))
      process.kill(pid, "SIGKILL");
    // A kill takes its time on a busy machine: what dies only now would be adopted, and found dead then.
    await vi.waitFor(() => expect(killed && isAlive(killed)).toBe(false), eventually);

    const next = await yard.live();
    const second = next.within((it) => it.build(order));
    await reaches(second.context, /^step \d/);
    expect(await supervisorOf(attemptFor(order))).not.toEqual(killed);
    await writeFile(join(attemptFor(order).root, "go"), "");
    expect(await second.done).toMatchObject({ adopted: false });
    await next.activities.discard(order);
  });
});

describe("a build that is cancelled or killed", () => {
  test("cancellation ends the compilers and leaves nothing", async () => {
    const order = yard.order("app-misc/slow-1.0", { attempt: 6 });
    const build = life.within((it) => it.build(order));
    await reaches(build.context, /^step \d/);
    build.context.end("cancelled");
    await expect(build.done).rejects.toBeInstanceOf(CancelledFailure);
    const { root, directory } = attemptFor(order);
    expect(processesIn([root, directory])).toEqual([]);
    expect([existsSync(root), existsSync(directory)]).toEqual([false, false]);
  });

  test("a supervisor that is killed takes its orphans with it", async () => {
    const order = yard.order("app-misc/slow-1.0", { attempt: 7 });
    const build = life.within((it) => it.build(order));
    await reaches(build.context, /^step \d/);
    const supervisor = await supervisorOf(attemptFor(order));
    process.kill(supervisor?.pid ?? 0, "SIGKILL");
    expect(await failureOf(build.done)).toMatchObject({ class: "infrastructure" });
    expect(processesIn([attemptFor(order).root])).toEqual([]);
    await life.activities.discard(order);
  });

  test("a compiler that is killed for memory is named as such", async () => {
    const order = yard.order("app-misc/slow-1.0", { attempt: 8 });
    const build = life.within((it) => it.build(order));
    await reaches(build.context, /^step \d/);
    const emerge = processesIn([attemptFor(order).root]).find(({ pid }) => /emerge/.test(commandOf(pid)));
    process.kill(emerge?.pid ?? 0, "SIGKILL");
    expect(await failureOf(build.done)).toMatchObject({ class: "memory" });
    expect(processesIn([attemptFor(order).root])).toEqual([]);
    await life.activities.discard(order);
  });

  test("no output for the given time ends it", async () => {
    const order = yard.order("app-misc/silent-1.0", { noOutputSeconds: 3 });
    const failure = await failureOf(life.activities.build(order));
    expect(failure).toMatchObject({ class: "package", phase: "compile", message: "no output for 3 seconds: killed" });
    expect(processesIn([attemptFor(order).root])).toEqual([]);
    await life.activities.discard(order);
  });
});

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
};

test("nothing is left running when everything has ended", () => {
  expect(processesIn([join(yard.directory, "drone")])).toEqual([]);
  expect(readdirSync(join(yard.directory, "drone/roots"))).toEqual([]);
});
