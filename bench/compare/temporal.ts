import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname, join } from "node:path";
import { execa } from "execa";
import type { PlanGraph } from "../../model/plan.ts";
import { ensureTemporal } from "../../temporal-dev/find.ts";
import { pkg } from "../noop/plan.ts";
import { type BenchConfig, configure, serverPid } from "../processes.ts";
import { bundleOf, withEngine } from "../swarmBench.ts";
import type { Contestant, Job, Machine, Task } from "./contestant.ts";
import { killTree } from "./processes.ts";

/** What the process is told that has the orchestrator's and the binhost's part: a swarm's, or a plain fan-out's. */
export interface TemporalJob {
  kind: "swarm" | "plain";
  address: string;
  /** Files of the workflows' bundles. */
  bundle: string;
  plainBundle: string;
  config: BenchConfig;
  tasks: readonly Task[];
  machines: readonly Machine[];
}

/** What a drone's process is told. */
export interface DroneJob {
  kind: TemporalJob["kind"];
  address: string;
  namespace: string;
  token: string;
  machine: Machine;
  tasks: readonly Task[];
}

/** What such a process answers, once. */
export type TemporalAnswer = { seconds: number } | { error: string };

/** The plan that a resolver would make of the graph. The graph's edges order builds, so all are build-time needs. */
export function planOf(tasks: readonly Task[]): PlanGraph {
  return { packages: tasks.map(({ name, needs, work }) => ({ ...pkg(name, [...needs]), estimate: work })) };
}

/** Starts a module of this directory as a process that ends with this one, and tells it what to do. */
export function forkMain(name: string, job: TemporalJob | DroneJob): ChildProcess {
  const child = fork(join(import.meta.dirname, `${name}${extname(import.meta.filename)}`));
  child.send(job);
  return child;
}

/** Runs the graph on a Temporal server of its own. */
async function run(kind: TemporalJob["kind"], { tasks, machines, signal, counts }: Job): Promise<number> {
  return await withEngine(async (engine) => {
    const { address, bundle, directory } = engine;
    const plainBundle = await bundleOf(join(import.meta.dirname, "..", "fanout", "workflows"), directory);
    const config = await configure(engine);
    signal.throwIfAborted();
    const child = forkMain("temporalMain", { kind, address, bundle, plainBundle, config, tasks, machines });
    const abort = (): void => killTree(child);
    signal.addEventListener("abort", abort, { once: true });
    try {
      for (const pid of [child.pid, serverPid(engine)]) if (pid !== undefined) counts(pid);
      const gone = once(child, "exit").then(() => ({ error: "its process ended" }));
      const [answer] = (await Promise.race([once(child, "message"), gone.then((it) => [it])])) as [TemporalAnswer];
      if ("error" in answer) throw new Error(answer.error);
      return answer.seconds;
    } finally {
      signal.removeEventListener("abort", abort);
      killTree(child);
    }
  });
}

async function versions(cacheDir: string): Promise<string> {
  const binary = await ensureTemporal({ cacheDir, env: process.env, onProgress: console.log });
  const { stdout } = await execa(binary, ["--version"]);
  return `Temporal server ${/Server ([\d.]+)/i.exec(stdout)?.[1] ?? "unknown"}`;
}

export const swarm: Contestant = {
  key: "swarm",
  name: "Build Swarm",
  how: "a real orchestrator, four drones of which only the build is replaced (by the command), a binhost that keeps nothing, the Temporal dev server with its SQLite: seven processes",
  prepare: async (cacheDir) => `this commit, ${await versions(cacheDir)}`,
  run: (job) => run("swarm", job),
  abilities: {
    "goes on after its coordinator is killed": "yes: any other orchestrator goes on, no build is lost",
    "several machines": "yes",
    "goes on without a machine that is lost": "yes: its builds go elsewhere",
    "longest path first": "yes, by estimated time",
    "binary packages": "yes: checked, published all at once, can be taken back",
  },
  why: "a child workflow and four activities for each package, each step of them in a database before the next",
};

export const plain: Contestant = {
  key: "plain",
  name: "Plain Temporal fan-out",
  how: "one workflow that knows only the order (bench/fanout), the same children, activities, drones and server",
  prepare: versions,
  run: (job) => run("plain", job),
  abilities: {
    "goes on after its coordinator is killed": "yes",
    "several machines": "yes",
    "goes on without a machine that is lost": "no: the order to build waits for that machine",
    "longest path first": "no: first come, first served",
    "binary packages": "no",
  },
  why: "the engine's own cost, without any thought",
};
