import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../system/packageRoot.ts";
import { freePort } from "../system/ports.ts";
import { devServerStatus } from "../temporal-dev/server.ts";
import { ensureToken } from "../workers/token.ts";
import type { BenchEngine } from "./swarmBench.ts";

/** A configuration of real roles for a benchmark's engine. */
export interface BenchConfig {
  file: string;
  token: string;
}

/** Writes a configuration into the engine's directory; one drone, `izar`, is known in it. */
export async function configure({ directory }: Pick<BenchEngine, "directory">): Promise<BenchConfig> {
  const file = join(directory, "swarm.toml");
  const port = await freePort("127.0.0.1");
  const lines = ["[swarm]", `state_dir = "${directory}/state"`, `token_file = "${directory}/token"`];
  await writeFile(file, [...lines, "[binhost]", `port = ${port}`, "[drones.izar]", "cores = 16", ""].join("\n"));
  await ensureToken(join(directory, "token"));
  return { file, token: (await readFile(join(directory, "token"), "utf8")).trim() };
}

/** Starts a real role as a process: `swarm orchestrator`, `swarm drone NAME`. */
export function startRole(
  { address }: Pick<BenchEngine, "address">,
  config: BenchConfig,
  namespace: string,
  args: readonly string[],
): ChildProcess {
  return spawn(process.execPath, [join(packageRoot(), "bin", "swarm"), ...args, "--config", config.file], {
    env: { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Kills a process and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

export function serverPid({ directory }: Pick<BenchEngine, "directory">): number | undefined {
  return devServerStatus(directory)?.pid;
}

/** A field of /proc/PID/status, MiB: VmRSS is now, VmHWM the peak. */
export function memory(pid: number | undefined, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status) ?? [];
  return Math.round(Number(kib) / 1024);
}

/** ms of processor time that a process has had. */
export function cpuMs(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // After the name in brackets; utime and stime are fields 14 and 15, in 1/100 s.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
