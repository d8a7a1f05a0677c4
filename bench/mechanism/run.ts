import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keepFor } from "../../activities/drone/logKeep.ts";
import { resultOf, startSupervisor, supervisorOf, usageOf } from "../../activities/drone/supervisor.ts";
import { endProcesses } from "../../system/processes.ts";
import { clean, type Project } from "./project.ts";
import type { TokenPool } from "./tokenPool.ts";

export interface Tools {
  make: string;
  ninja: string | null;
}

/** How a project is built. */
export interface Order {
  project: Project;
  nice: number;
  jobs: number;
}

/** What was measured of builds that ran at the same time. Seconds, core-seconds, bytes. */
export interface Measured {
  /** Of each build, in their order. */
  builds: { seconds: number; cpu: number }[];
  /** From the first one's start to the last one's end. */
  seconds: number;
  /** Largest sum of memory. */
  memory: number;
  /** Part of the machine that others used meanwhile. */
  disturbed: number;
}

const POLL_MS = 50;
/** Of Linux's processor times in /proc/stat. */
const TICKS = 100;

/** Where builds run. */
export interface Site {
  tools: Tools;
  cores: number;
  /** Ends the builds that run. */
  signal: AbortSignal;
}

/** Builds projects at the same time, started as a drone starts its builds. With a pool, it decides on their jobs. */
export async function build(orders: readonly Order[], site: Site, pool?: TokenPool): Promise<Measured> {
  try {
    return await measure(orders, site, pool);
  } finally {
    for (const { project } of orders) await endProcesses(await supervisorOf(supervised(project)), [project.directory]);
  }
}

async function measure(orders: readonly Order[], { tools, cores, signal }: Site, pool?: TokenPool): Promise<Measured> {
  for (const { project } of orders) {
    await clean(project);
    await rm(supervised(project).directory, { recursive: true, force: true });
  }
  const [begun, busy] = [performance.now(), busySeconds()];
  for (const order of orders) await start(order, tools, pool);
  const open = new Set(orders);
  let memory = 0;
  while (open.size > 0) {
    await sleep(POLL_MS);
    signal.throwIfAborted();
    let now = 0;
    for (const order of open) {
      now += (await usageOf(supervised(order.project)))?.memoryBytes ?? 0;
      const result = await resultOf(supervised(order.project));
      if (!result) continue;
      if (result.exitCode !== 0) throw new Error(`the build in ${order.project.directory} failed: see its log`);
      open.delete(order);
      pool?.release(nameOf(order.project));
    }
    memory = Math.max(memory, now);
  }
  const seconds = (performance.now() - begun) / 1000;
  const used = busySeconds() - busy;
  const builds = await Promise.all(orders.map(({ project }) => figures(project)));
  const cpu = builds.reduce((sum, it) => sum + it.cpu, 0);
  return { builds, seconds, memory, disturbed: Math.max(0, (used - cpu) / (cores * seconds)) };
}

const supervised = ({ directory }: Project): { directory: string } => ({ directory: join(directory, "supervised") });
const nameOf = ({ directory }: Project): string => directory.replace(/^.*\//, "");

async function start({ project, nice, jobs }: Order, tools: Tools, pool: TokenPool | undefined): Promise<void> {
  const program = project.tool === "ninja" && tools.ninja ? tools.ninja : tools.make;
  const quiet = program === tools.make ? "-s" : "--quiet";
  const shared = pool && ` -j${jobs} --jobserver-auth=fifo:${pool.open(nameOf(project))}`;
  const job = {
    ...{ nice, cores: Number.MAX_SAFE_INTEGER, cgroup: null, disk: [], log: join(project.directory, "log") },
    ...{ keep: keepFor(2 ** 24), copies: join(project.directory, "none") },
    command: ["sh", "build.sh", program, quiet, ...(shared ? [] : [`-j${jobs}`])],
  };
  const env = { PATH: process.env.PATH, ...(shared && { MAKEFLAGS: shared }) };
  const started = await startSupervisor(supervised(project), job, { python: "python3", cwd: project.directory, env });
  if (!started) throw new Error(`the build in ${project.directory} cannot be started: python3 is needed`);
}

async function figures(project: Project): Promise<{ seconds: number; cpu: number }> {
  const [result, usage] = await Promise.all([resultOf(supervised(project)), usageOf(supervised(project))]);
  if (!result || !usage) throw new Error(`the build in ${project.directory} left no figures`);
  return { seconds: result.endedAt - result.startedAt, cpu: usage.cpuSeconds };
}

/** Core-seconds that the whole machine has worked since it started. */
function busySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    readFileSync("/proc/stat", "utf8").split("\n")[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  return (user + nice + system + irq + softirq) / TICKS;
}
