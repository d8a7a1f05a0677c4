import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  requestNice,
  resultOf,
  type SuperviseJob,
  startSupervisor,
  supervisorOf,
  usageOf,
} from "../../../activities/drone/supervisor.ts";
import { processesIn } from "../../../system/processes.ts";
import { signalGroup } from "../../../system/processIdentity.ts";
import { testDirectory } from "../../support/portage.ts";

const python = spawnSync("which", ["python3"], { encoding: "utf8" }).stdout.trim();
const MIB = 2 ** 20;
const eventually = { timeout: 20_000, interval: 50 };
/** Uses `seconds` of one core, and holds `mib` of memory meanwhile. */
const burn = (seconds: number, mib = 0) =>
  `import time; held = bytearray(${mib} << 20)\nwhile time.process_time() < ${seconds}: pass`;

async function start(script: string, more: Partial<SuperviseJob> = {}): Promise<{ directory: string; log: string }> {
  const directory = await testDirectory();
  const log = join(directory, "log");
  const keep = { head: MIB, tail: 2 * MIB };
  const job = {
    log,
    keep,
    copies: join(directory, "copies"),
    nice: 3,
    cores: 4096,
    cgroup: null,
    disk: [],
    command: ["bash", "-c", script],
    ...more,
  };
  const env = { PATH: process.env.PATH, PYTHON: python };
  expect(await startSupervisor({ directory }, job, { python, cwd: directory, env })).toBe(true);
  const supervisor = await supervisorOf({ directory });
  onTestFinished(() => {
    if (supervisor) signalGroup(supervisor.pid, "SIGKILL");
  });
  return { directory, log };
}

const ended = (supervised: { directory: string }) =>
  vi.waitFor(async () => {
    const result = await resultOf(supervised);
    if (!result) throw new Error("it has not ended");
    return result;
  }, eventually);

describe("what a build used", () => {
  test("processor time counts each process once: children, grandchildren, orphans, and one that still runs at the end", async () => {
    // Seconds of processor time: 0.4 in a child, 0.4 in a grandchild, 0.4 in an orphan of a session of its own.
    const own = await start(`
      "$PYTHON" -c '${burn(0.4)}'
      bash -c '"$PYTHON" -c "$1"; true' - '${burn(0.4)}'
      (setsid "$PYTHON" -c '${burn(0.4)}
open("done", "w")' &)
      until [ -e done ]; do sleep 0.05; done
      (setsid sleep 30 &) ; true`);
    expect(await ended(own)).toMatchObject({ exitCode: 0, signal: null });
    const cpu = (await usageOf(own))?.cpuSeconds ?? 0;
    expect(cpu).toBeGreaterThan(1.15);
    // Python starts five times, and bash forks: far from 0.4 more.
    expect(cpu).toBeLessThan(1.55);
    for (const { pid } of processesIn([own.directory])) process.kill(pid, "SIGKILL");
  });

  test("memory is the peak of the sum over all processes; shared pages count once", async () => {
    const own = await start(`
      for i in 1 2 3; do "$PYTHON" -c '${burn(0.5, 40)}' & done; wait; sleep 1.2`);
    await ended(own);
    const usage = await usageOf(own);
    expect(usage?.peakMemoryBytes).toBeGreaterThan(120 * 2 ** 20);
    expect(usage?.peakMemoryBytes).toBeLessThan(190 * 2 ** 20);
    expect(usage?.memoryBytes).toBeLessThan(60 * 2 ** 20);
  });

  test("disk is the largest size of the directories at Portage's steps; what has two names there counts once", async () => {
    // Relative to the directory that the supervisor runs in.
    const own = await start(
      `mkdir -p work/deep; echo ">>> Unpacking source..."; sleep 0.5
      head -c 20M /dev/zero > work/deep/big; ln work/deep/big work/same; head -c 1M /dev/zero > elsewhere
      echo ">>> Install a/b-1 into here"; until [ -e go ]; do sleep 0.05; done
      rm -r work/deep work/same; echo ">>> Creating binpkg"; until [ -e end ]; do sleep 0.05; done`,
      { disk: ["work", "not-there"] },
    );
    const sees = (least: number, most: number) =>
      vi.waitFor(async () => {
        const bytes = (await usageOf(own))?.diskBytes ?? -1;
        expect(bytes).toBeGreaterThanOrEqual(least);
        expect(bytes).toBeLessThan(most);
      }, eventually);
    await sees(20 * MIB, 21 * MIB);
    spawnSync("touch", [join(own.directory, "go")]);
    await sees(0, MIB);
    spawnSync("touch", [join(own.directory, "end")]);
    await ended(own);
    const { peakDiskBytes = 0 } = (await usageOf(own)) ?? {};
    expect(peakDiskBytes).toBeGreaterThanOrEqual(20 * MIB);
    expect(peakDiskBytes).toBeLessThan(21 * MIB);
  });

  test("is known while it runs, and after its supervisor was killed", async () => {
    const own = await start(`echo ">>> Compiling source in here"; "$PYTHON" -c '${burn(60)}'`);
    await vi.waitFor(async () => expect((await usageOf(own))?.cpuSeconds).toBeGreaterThan(0.5), eventually);
    const supervisor = await supervisorOf(own);
    process.kill(-(supervisor?.pid ?? 0), "SIGKILL");
    await vi.waitFor(() => expect(processesIn([own.directory])).toEqual([]), eventually);
    expect(await resultOf(own)).toBeNull();
    expect((await usageOf(own))?.marks).toEqual([[expect.any(Number), ">>> Compiling source in here"]]);
  });

  test("the steps that Portage announces have their times, and nothing else is kept of the log", async () => {
    const own = await start(`
      printf '>>> Unpack'; sleep 0.3; printf 'ing source...\\n>>> /usr/bin/file\\nnoise\\n'
      sleep 1; echo ">>> Compiling source in x"; sleep 0.5; exit 3`);
    expect(await ended(own)).toMatchObject({ exitCode: 3 });
    const marks = (await usageOf(own))?.marks ?? [];
    expect(marks.map(([, line]) => line)).toEqual([">>> Unpacking source...", ">>> Compiling source in x"]);
    const between = (marks[1]?.[0] ?? 0) - (marks[0]?.[0] ?? 0);
    expect(between).toBeGreaterThan(0.7);
    expect(between).toBeLessThan(3);
  });
});

test("a command that is killed is noted with its signal", async () => {
  const own = await start("kill -KILL $$");
  expect(await ended(own)).toMatchObject({ exitCode: null, signal: 9 });
});

test.skipIf(availableParallelism() < 2)("a limit of cores holds for everything it starts", async () => {
  const own = await start("nproc", { cores: 1 });
  await ended(own);
  expect(readFileSync(own.log, "utf8")).toBe("1\n");
});

describe("priority", () => {
  const statFields = (path: string): string[] => {
    const stat = readFileSync(path, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  };
  /** nice value of every thread of the build: field 19 of its stat. */
  const nices = (directory: string): number[] =>
    processesIn([directory]).flatMap(({ pid }) => [Number(statFields(`/proc/${pid}/stat`)[16])]);

  test("is that of the job, then what is asked for, for all its processes and for what they start later", async () => {
    const own = await start(`sleep 100 & until [ -e go ]; do sleep 0.05; done; sleep 101 & wait`);
    const wanted = async (nice: number, processes: number) =>
      await vi.waitFor(() => {
        const found = nices(own.directory);
        expect(new Set(found)).toEqual(new Set([nice]));
        expect(found.length).toBeGreaterThanOrEqual(processes);
      }, eventually);
    await wanted(3, 3);
    await requestNice(own, 12);
    await wanted(12, 3);
    spawnSync("touch", [join(own.directory, "go")]);
    await wanted(12, 4);
    await vi.waitFor(async () => expect(await usageOf(own)).toMatchObject({ nice: 12, refused: null }), eventually);
  });

  test("reaches every thread of a process", async () => {
    const threads =
      "import threading, time; [threading.Thread(target=time.sleep, args=(60,)).start() for _ in range(3)]";
    const own = await start(`exec "$PYTHON" -c '${threads}'`);
    await requestNice(own, 9);
    await vi.waitFor(() => {
      const [python] = processesIn([own.directory]).filter(({ pid }) => threadsOf(pid).length === 4);
      expect(threadsOf(python?.pid ?? 0)).toEqual([9, 9, 9, 9]);
    }, eventually);
  });
  const threadsOf = (pid: number): number[] => {
    const listed = spawnSync("ls", [`/proc/${pid}/task`], { encoding: "utf8" })
      .stdout.split("\n")
      .filter(Boolean);
    return listed.map((task) => Number(statFields(`/proc/${pid}/task/${task}/stat`)[16]));
  };

  test.skipIf(!existsSync("/proc/self/autogroup"))(
    "is the session's too, where the kernel shares by sessions (skipped where it does not)",
    async () => {
      const own = await start("sleep 60", { nice: 0 });
      const group = async () => readFileSync(`/proc/${(await supervisorOf(own))?.pid}/autogroup`, "utf8").trim();
      expect(await group()).toMatch(/nice 0$/);
      await requestNice(own, 7);
      await vi.waitFor(async () => expect(await group()).toMatch(/nice 7$/), eventually);
      await requestNice(own, 0);
      await vi.waitFor(async () => expect(await group()).toMatch(/nice 0$/), eventually);
    },
  );

  test("a build that has ended is not brought back by a request", async () => {
    await requestNice({ directory: "/nonexistent/attempt" }, 5);
    expect(existsSync("/nonexistent")).toBe(false);
  });
});
