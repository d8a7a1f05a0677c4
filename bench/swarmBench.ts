import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bundleWorkflowCode } from "@temporalio/worker";
import { type DevServerInfo, devServerStatus, startDevServer, stopDevServer } from "../temporal-dev/server.ts";
import { NoopSwarm, type NoopSwarmOptions, until } from "./noop/swarm.ts";

/** What a benchmark of the engine works with. */
export interface BenchEngine {
  /** Of a Temporal server of its own. */
  address: string;
  /** File of the bundle of our workflows. */
  bundle: string;
  /** A directory that goes away afterwards. */
  directory: string;
  /** Ends the server as a crash would. */
  kill: () => Promise<void>;
  /** Starts it again, with its data and at its address. */
  restart: () => Promise<void>;
}

/** Runs something with a server of its own and stops it afterwards. */
export async function withEngine<T>(work: (engine: BenchEngine) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-bench-"));
  const { env } = process;
  const start = (): Promise<DevServerInfo> =>
    startDevServer({
      ...{ ip: "127.0.0.1", port: 0, uiPort: 0, database: join(directory, "temporal.db"), stateDir: directory, env },
      cacheDir: join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm"),
      onProgress: console.log,
    });
  const kill = async (): Promise<void> => {
    const pid = devServerStatus(directory)?.pid;
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    while (devServerStatus(directory) !== null) await sleep(50);
  };
  try {
    const { address } = await start();
    const bundle = await bundleOf(join(import.meta.dirname, "..", "workflows", "index"), directory);
    return await work({ address, bundle, directory, kill, restart: async () => void (await start()) });
  } finally {
    await stopDevServer(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs something with a swarm whose builds are no-ops, and stops it afterwards. */
export async function withSwarm<T>(options: NoopSwarmOptions, work: (swarm: NoopSwarm) => Promise<T>): Promise<T> {
  const swarm = await NoopSwarm.start(options);
  try {
    return await work(swarm);
  } finally {
    await swarm.stop();
  }
}

/** Bundles workflows; `module` is a path without its extension, which is that of the code that runs. */
export async function bundleOf(module: string, directory: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: `${module}${extname(import.meta.filename)}`,
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  const file = join(directory, `${module.split("/").slice(-2).join("-")}.js`);
  await writeFile(file, code);
  return file;
}

/** Waits until the swarm's run is at its gate; returns the seconds that it took from its start. */
export async function toGate(swarm: NoopSwarm, ms: number): Promise<number> {
  const view = await until(
    "the gate",
    async () => {
      const now = await swarm.view().catch(() => null);
      return now?.step === "gate" && now;
    },
    { ms, every: 500 },
  );
  return (view.stepSince - view.startedAt) / 1000;
}

/** The value below which that part of the sorted values lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
