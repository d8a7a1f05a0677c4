import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, Connection } from "@temporalio/client";
import { FLEET_ID, fleetQuery } from "../workflows/messages.ts";
import { wide } from "./noop/plan.ts";
import { until } from "./noop/swarm.ts";
import { type BenchConfig, configure, end, memory, serverPid, startRole } from "./processes.ts";
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
    const config = await configure(engine);
    const idle = await measureIdle(engine, config);
    const run = await measureRun(engine, config, count);
    for (const [when, figures] of Object.entries({ idle, run })) console.log(when.padEnd(5), JSON.stringify(figures));
    return { idle, run };
  });
}

async function measureIdle(engine: BenchEngine, config: BenchConfig): Promise<MemoryFigures["idle"]> {
  const start = (...args: string[]): ChildProcess => startRole(engine, config, "default", args);
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

async function measureRun(engine: BenchEngine, config: BenchConfig, count: number): Promise<MemoryFigures["run"]> {
  return await withSwarm({ ...engine, plan: wide(count), token: config.token }, async (swarm) => {
    const orchestrator = startRole(engine, config, swarm.namespace, ["orchestrator"]);
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
