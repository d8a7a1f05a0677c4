import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  ForeignLoad,
  foreignCores,
  type OwnProcesses,
  type ProcessorTimes,
  processorTimes,
} from "../../system/foreignLoad.ts";
import { testDirectory } from "../support/portage.ts";

const python = spawnSync("which", ["python3"], { encoding: "utf8" }).stdout.trim();
const burn = (seconds: number) => `import time\nwhile time.process_time() < ${seconds}: pass`;
const BURN = "import time\\nwhile time.process_time() < 1: pass";

/** Processor seconds that seemed to be others' between two looks. */
const foreignSeconds = (before: ProcessorTimes, after: ProcessorTimes): number | null => {
  const cores = foreignCores(before, after);
  return cores === null ? null : cores * (after.at - before.at);
};
/** The same with nothing taken for ours. */
const busySeconds = (before: ProcessorTimes, after: ProcessorTimes): number =>
  foreignSeconds(before, { ...after, ours: before.ours }) ?? 0;

function start(program: string, args: string[]): ChildProcess {
  const child = spawn(program, args, { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** An idle process of ours, so that the test and what it starts is not. */
function idle(programs: string[] = []): OwnProcesses {
  return { pid: start("sleep", ["600"]).pid ?? 0, programs };
}

describe("what others use", () => {
  test("is all that is not ours, niced or not", async () => {
    const own = idle();
    const before = processorTimes(own);
    await Promise.all([
      once(start(python, ["-c", burn(1)]), "exit"),
      once(start("nice", ["-n", "19", python, "-c", burn(1)]), "exit"),
    ]);
    expect(foreignSeconds(before, processorTimes(own))).toBeGreaterThan(1.8);
  });

  test("is none of what our processes use, of their children, nor of those that ended meanwhile", async () => {
    const own = { pid: process.pid, programs: [] };
    const before = processorTimes(own);
    await once(start("bash", ["-c", `${python} -c '${burn(0.8)}' & ${python} -c '${burn(0.8)}'; wait`]), "exit");
    const after = processorTimes(own);
    const [foreign, busy] = [foreignSeconds(before, after) ?? 0, busySeconds(before, after)];
    expect(busy - foreign).toBeGreaterThan(1.4);
  });

  test("is none of what a program of ours uses that another has started, until it ends with times that nobody has", async () => {
    const program = join(await testDirectory(), "supervise.py");
    await writeFile(
      program,
      `import subprocess, sys, time\nsubprocess.run([sys.executable, "-c", "${BURN}"])\ntime.sleep(600)`,
    );
    const own = idle([program]);
    const before = processorTimes(own);
    const supervisor = start(python, [program]);
    const after = await vi.waitFor(
      () => {
        const look = processorTimes(own);
        const [foreign, busy] = [foreignSeconds(before, look) ?? 0, busySeconds(before, look)];
        expect(busy - foreign).toBeGreaterThan(0.9);
        return look;
      },
      { timeout: 20_000, interval: 50 },
    );
    supervisor.kill("SIGKILL");
    await once(supervisor, "exit");
    expect(foreignCores(after, processorTimes(own))).toBeNull();
  });
});

describe("the average", () => {
  /** Looks every 15 s, between which `foreign` cores of 4 were used by others; null: one of ours ended. */
  function load(): { load: ForeignLoad; pass: (foreign: number | null) => number | null } {
    let now: ProcessorTimes = { at: 0, cores: 4, all: 0, busy: 0, ours: 0, members: new Map() };
    const load = new ForeignLoad(() => now);
    return {
      load,
      pass(foreign) {
        const { at, all, busy, ours } = now;
        const members = foreign === null ? new Map<string, boolean>() : new Map([["1 1", false]]);
        // Of ours one core, all the time.
        const spent = { at: at + 15, all: all + 6000, busy: busy + 1500 + (foreign ?? 4) * 1500, ours: ours + 1500 };
        now = { cores: 4, ...spent, members };
        return load.cores();
      },
    };
  }

  test("is of the last minute, and nothing before half of one was seen", () => {
    const { pass } = load();
    expect(pass(2)).toBeNull();
    expect(pass(2)).toBe(2);
    expect([pass(0), pass(0)]).toEqual([4 / 3, 1]);
    expect([pass(0), pass(0), pass(0)]).toEqual([0.5, 0, 0]);
  });

  test("leaves out times in which one of ours ended unseen: they tell nothing of others", () => {
    const { pass } = load();
    for (let i = 0; i < 4; i++) pass(1);
    expect(pass(null)).toBe(1);
    expect(pass(1)).toBe(1);
  });
});
