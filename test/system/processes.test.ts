import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endProcesses, processesIn } from "../../system/processes.ts";
import { identify, isAlive, type ProcessIdentity } from "../../system/processIdentity.ts";

let base: string;
const started: ReturnType<typeof spawn>[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "swarm-processes-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(base, { recursive: true, force: true });
});

/** A process that has to do with a directory in one of the three ways. */
async function sleeper(how: "argument" | "variable" | "directory", directory: string): Promise<ProcessIdentity> {
  await mkdir(directory, { recursive: true });
  const child = spawn("bash", ["-c", "read -t 100", how === "argument" ? `${directory}/log` : "-"], {
    cwd: how === "directory" ? directory : "/",
    env: { PATH: process.env.PATH, ...(how === "variable" ? { SOME: `-I${directory}:/usr` } : {}) },
    stdio: ["pipe", "ignore", "ignore"],
  });
  started.push(child);
  await once(child, "spawn");
  const identity = identify(child.pid ?? 0);
  if (identity === null) throw new Error("it ended at once");
  return identity;
}

test("a directory's processes are ended, those of one whose name begins with its name are not", async () => {
  // Attempt 2 of foo-1, attempt 3 of foo-1.2, and others that look alike.
  const mine = join(base, "foo-1.2");
  const others = ["foo-1.2.3", "foo-1.20", "foo-1.2-r1.1", "foo-1.2_p1.1"].map((name) => join(base, name));
  const hows = ["argument", "variable", "directory"] as const;
  const own = await Promise.all(hows.map((how) => sleeper(how, mine)));
  const foreign = await Promise.all(others.flatMap((directory) => hows.map((how) => sleeper(how, directory))));

  const pids = (found: ProcessIdentity[]): number[] => found.map((it) => it.pid).sort();
  await expect.poll(() => pids(processesIn([mine])), { timeout: 5_000 }).toEqual(expect.arrayContaining(pids(own)));

  await endProcesses(null, [mine]);

  expect(own.filter(isAlive)).toEqual([]);
  expect(foreign.filter(isAlive)).toEqual(foreign);
});

test("a killed process is there until its last thread has ended, also where its first one has: it has its ports so long", async () => {
  const threads = "import ctypes, sys, threading\nthreading.Thread(target=sys.stdin.read).start()\n";
  const child = spawn("python3", ["-c", `${threads}ctypes.CDLL(None).pthread_exit(None)`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  started.push(child);
  const pid = child.pid ?? 0;
  const stat = (): Promise<string> => readFile(`/proc/${pid}/stat`, "latin1");
  await expect.poll(stat, { timeout: 10_000 }).toMatch(/\) Z /);
  const identity = identify(pid);
  expect(identity).toMatchObject({ pid });
  expect(identity && isAlive(identity)).toBe(true);
  child.stdin?.end();
  await expect.poll(() => identify(pid), { timeout: 10_000 }).toBeNull();
});
