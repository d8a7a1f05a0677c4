import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, Connection } from "@temporalio/client";
import { packageRoot } from "../system/packageRoot.ts";
import { freePort } from "../system/ports.ts";
import { devServerStatus } from "../temporal-dev/server.ts";
import { ensureToken } from "../workers/token.ts";
import { FLEET_ID, fleetQuery } from "../workflows/messages.ts";
import { wide } from "./noop/plan.ts";
import { until } from "./noop/swarm.ts";
import { type BenchEngine, toGate, withEngine, withSwarm } from "./swarmBench.ts";

/** Resident memory in MiB. */
export interface MemoryFigures {
  /** The real roles, enrolled and without work. */
  idle: { orchestrator: number; binhost: number; drone: number; server: number };
  /** Peaks in a run of so many packages: a real orchestrator, drones whose builds are no-ops, the server. */
  run: { packages: number; seconds: number; orchestrator: number; noopDrone: number; server: number };
}

const SETTLE_MS = 5_000;

/** What each process of a swarm needs. */
export async function benchMemory(count = 3_000): Promise<MemoryFigures> {
  return await withEngine(async (engine) => {
    const config = await configure(engine.directory);
    const idle = await measureIdle(engine, config);
    const run = await measureRun(engine, config, count);
    for (const [when, figures] of Object.entries({ idle, run })) console.log(when.padEnd(5), JSON.stringify(figures));
    return { idle, run };
  });
}

async function measureIdle(engine: BenchEngine, config: string): Promise<MemoryFigures["idle"]> {
  const start = (...args: string[]): ChildProcess => role(engine, config, "default", args);
  const [orchestrator, binhost, drone] = [start("orchestrator"), start("binhost"), start("drone", "izar")];
  try {
    const connection = await Connection.connect({ address: engine.address });
    const fleet = new Client({ connection }).workflow.getHandle(FLEET_ID);
    await until("the drone is online", async () => {
      const view = await fleet.query(fleetQuery).catch(() => null);
      return view?.drones[0]?.state === "online";
    });
    await sleep(SETTLE_MS);
    await connection.close();
    const now = (child: ChildProcess): number => memory(child.pid, "VmRSS");
    const server = memory(serverPid(engine), "VmRSS");
    return { orchestrator: now(orchestrator), binhost: now(binhost), drone: now(drone), server };
  } finally {
    await Promise.all([orchestrator, binhost, drone].map(end));
  }
}

async function measureRun(engine: BenchEngine, config: string, count: number): Promise<MemoryFigures["run"]> {
  const token = (await readFile(join(engine.directory, "token"), "utf8")).trim();
  return await withSwarm({ ...engine, plan: wide(count), token }, async (swarm) => {
    const orchestrator = role(engine, config, swarm.namespace, ["orchestrator"]);
    try {
      const drones: ChildProcess[] = [];
      for (const name of ["izar", "tarn", "unra"]) {
        drones.push(await swarm.addDroneProcess({ name, cores: 16, slots: 4 }, 0));
      }
      await swarm.run();
      const seconds = await toGate(swarm, count * 500);
      const peak = (pid: number | undefined): number => memory(pid, "VmHWM");
      return {
        packages: count,
        seconds,
        orchestrator: peak(orchestrator.pid),
        noopDrone: Math.max(...drones.map((drone) => peak(drone.pid))),
        server: peak(serverPid(engine)),
      };
    } finally {
      await end(orchestrator);
    }
  });
}

async function configure(directory: string): Promise<string> {
  const file = join(directory, "swarm.toml");
  const port = await freePort("127.0.0.1");
  const lines = ["[swarm]", `state_dir = "${directory}/state"`, `token_file = "${directory}/token"`];
  await writeFile(file, [...lines, "[binhost]", `port = ${port}`, "[drones.izar]", "cores = 16", ""].join("\n"));
  await ensureToken(join(directory, "token"));
  return file;
}

function role({ address }: BenchEngine, config: string, namespace: string, args: string[]): ChildProcess {
  return spawn(process.execPath, [join(packageRoot(), "bin", "swarm"), ...args, "--config", config], {
    env: { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

function serverPid({ directory }: BenchEngine): number | undefined {
  return devServerStatus(directory)?.pid;
}

/** A field of /proc/PID/status, MiB: VmRSS is now, VmHWM the peak. */
function memory(pid: number | undefined, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status) ?? [];
  return Math.round(Number(kib) / 1024);
}
