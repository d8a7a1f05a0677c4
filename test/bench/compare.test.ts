import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa, execaSync } from "execa";
import { describe, expect, test } from "vitest";
import type { Job, Task } from "../../bench/compare/contestant.ts";
import { desktopGraph, tasksOf } from "../../bench/compare/graph.ts";
import { make, makefile } from "../../bench/compare/make.ts";
import { ninjaFile } from "../../bench/compare/ninja.ts";
import { planOf } from "../../bench/compare/temporal.ts";
import { until } from "../../bench/noop/swarm.ts";
import { toGate } from "../../bench/swarmBench.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { processesIn } from "../../system/processes.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { testDirectory } from "../support/portage.ts";

/** Two diamonds, one on the other, and three packages beside them. */
const NEEDS = [[], [0], [0], [1, 2], [3], [3], [4, 5], [], [7], [6, 8], [], [0, 10]];

const STEP = `#!/bin/sh
cd "$(dirname "$0")"
for need in $(cat needs/$1); do test -d done/$need || { echo "$1 before $need" >>wrong; exit 1; }; done
sleep 0.02
mkdir done/$1
`;

/** A graph whose commands fail where one runs before what it needs, or twice. */
async function checkedGraph(): Promise<{ directory: string; tasks: Task[]; done: () => Promise<string[]> }> {
  const directory = await testDirectory();
  for (const name of ["needs", "done"]) await mkdir(join(directory, name));
  const step = join(directory, "step");
  await writeFile(step, STEP);
  await chmod(step, 0o755);
  for (const [i, needs] of NEEDS.entries()) await writeFile(join(directory, "needs", `${i}`), needs.join(" "));
  const nodes = NEEDS.map((needs, i) => ({ name: `graph/node-${i}`, needs, work: 1, seconds: 1 }));
  const tasks = tasksOf(
    nodes,
    ({ name }) => [step, name.replace("graph/node-", "")],
    () => 1,
  );
  return { directory, tasks, done: async () => (await readdir(join(directory, "done"))).toSorted() };
}

const ALL = NEEDS.map((_, i) => `${i}`).toSorted();
const isThere = (program: string): boolean => !execaSync(program, ["--version"], { reject: false }).failed;

describe("each tool runs every package once, after what it needs", () => {
  test.skipIf(!isThere("make"))("GNU make", async () => {
    const { directory, tasks, done } = await checkedGraph();
    await writeFile(join(directory, "Makefile"), makefile(tasks));
    await execa("make", ["-j8"], { cwd: directory });
    expect(await done()).toEqual(ALL);
  });

  test.skipIf(!isThere("ninja"))("ninja", async () => {
    const { directory, tasks, done } = await checkedGraph();
    await writeFile(join(directory, "build.ninja"), ninjaFile(tasks));
    await execa("ninja", ["-j8"], { cwd: directory });
    expect(await done()).toEqual(ALL);
  });

  test("the swarm", async () => {
    const { tasks, done } = await checkedGraph();
    const build = async ({ index }: { index: number }): Promise<void> => {
      const [program = "", ...args] = tasks[index]?.command ?? [];
      await execa(program, args);
    };
    const drones = ["izar", "tarn"].map((name) => ({ name, slots: 4, build }));
    await using swarm = await noopSwarm({ plan: planOf(tasks), drones });
    await swarm.run();
    await toGate(swarm, 60_000);
    expect((await swarm.view()).counts).toMatchObject({ received: NEEDS.length, failed: 0 });
    expect(await done()).toEqual(ALL);
  });
});

test.skipIf(!isThere("make"))("a command that fails is told, with the tool's own end", async () => {
  const { directory, tasks } = await checkedGraph();
  await mkdir(join(directory, "done", "3"));
  const machines = [{ name: "izar", cores: 8, slots: 8 }];
  const job: Job = { tasks, machines, directory, cacheDir: "", signal: new AbortController().signal, counts: () => {} };
  await expect(make.run(job)).rejects.toThrow("make ended with 2");
});

test("Ctrl-C ends everything that a comparison has started", async () => {
  const temporary = await testDirectory();
  const bench = execa(process.execPath, [join(packageRoot(), "bench/main.ts"), "compare", "300"], {
    env: { ...process.env, TMPDIR: temporary },
    reject: false,
    stdin: "ignore",
  });
  await until("a drone has been started", async () => {
    const commands = processesIn([temporary]).map(({ pid }) =>
      readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
    );
    return (await Promise.all(commands)).some((command) => command.includes("droneMain"));
  });
  bench.kill("SIGINT");
  const { exitCode, stdout } = await bench;
  expect(exitCode, stdout).toBe(130);
  expect(stdout).toContain("SIGINT: everything is being stopped");
  // Node keeps compiled code there too.
  expect((await readdir(temporary)).filter((name) => name.startsWith("swarm-"))).toEqual([]);
  expect(processesIn([temporary])).toEqual([]);
});

test("the desktop graph's needs come before what needs them, also in a part of it", async () => {
  for (const size of [undefined, 100]) {
    const nodes = await desktopGraph(size);
    expect(nodes).toHaveLength(size ?? 1_355);
    expect(nodes.every(({ needs }, i) => needs.every((need) => need < i))).toBe(true);
    expect(nodes.some(({ needs }) => needs.length > 0)).toBe(true);
  }
});

test("the longest path of the desktop graph on four cores is what its own file says", async () => {
  const tasks = tasksOf(
    await desktopGraph(),
    () => ["true"],
    ({ seconds }) => seconds,
  );
  // critical_path_j4_s of the file's stats.
  expect(Math.max(...tasks.map(({ remaining }) => remaining))).toBeCloseTo(36_047, -1);
});
