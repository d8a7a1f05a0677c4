import type { ChildProcess } from "node:child_process";
import { appendFile, mkdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addToken, newToken } from "../gateway/tokens.ts";
import { freePort } from "../system/ports.ts";
import { asFastAsItCan } from "./gateway/requests.ts";
import { Watching } from "./gateway/watching.ts";
import { wide } from "./noop/plan.ts";
import { until } from "./noop/swarm.ts";
import { configure, cpuMs, end, memory, startRole } from "./processes.ts";
import { type BenchEngine, percentile, withEngine, withSwarm } from "./swarmBench.ts";

export interface GatewayFigures {
  /** The goals: at most 150 MB, which are 143 MiB, less than 20 % of a core, 2,000 ms at p99. */
  watchers: number;
  seconds: number;
  eventsPerSecond: number;
  /** From what the engine says of when it happened until a watcher has it. ms */
  latency: { p50: number; p99: number; max: number; samples: number };
  /** Resident memory of the gateway before the first watcher, and at most. MiB */
  memory: { alone: number; peak: number };
  /** Of one core, in those seconds. */
  cpuPercent: number;
  /** `GET /status` with a token, by 32 connections. The goal is at least 1,000 a second. */
  status: { requestsPerSecond: number; p99: number };
  /** Connections that are held and say nothing: what `GET /status` takes meanwhile. ms, MiB */
  held: { connections: number; answer: number; memory: number };
}

/** A build ends so often, whatever else the machine does: nearly 4 a second are some 11 events. ms */
const EACH_MS = 260;
/** More than are needed for that. */
const SLOTS = 12;
const PACKAGES = 160;
const HELD = 10_000;

/** What a gateway takes for so many watchers of a run, and how fast it answers. */
export async function benchGateway(watchers = 500): Promise<GatewayFigures> {
  return await withEngine(async (engine) => {
    const drones = [{ name: "izar", cores: 64, slots: SLOTS, build: paced() }];
    const options = { address: engine.address, bundle: engine.bundle, drones, plan: wide(PACKAGES) };
    return await withSwarm(options, async (swarm) => {
      const { file } = await configure(engine);
      const port = await freePort("127.0.0.1");
      await appendFile(file, `[gateway]\nport = ${port}\n`);
      const token = newToken();
      await mkdir(join(engine.directory, "state"), { recursive: true });
      const tokens = join(engine.directory, "state", "gateway-tokens.json");
      await addToken(tokens, { name: "bench", role: "viewer", expiresAt: null }, token);
      const gateway = startRole(engine, { file, token: "" }, swarm.namespace, ["gateway"]);
      try {
        await until("it answers", async () => (await ask(port, token).catch(() => null)) === 200);
        const run = () => swarm.run();
        return await measure({
          gateway,
          port,
          token,
          watchers,
          engine,
          run,
          step: async () => (await swarm.view()).step,
        });
      } finally {
        await end(gateway);
      }
    });
  });
}

/** Builds that end one after the other; late ones are made up for. */
function paced(): () => Promise<void> {
  let endsAt = 0;
  return () => {
    const now = performance.now();
    endsAt = Math.max(endsAt + EACH_MS, now - 10 * EACH_MS);
    return sleep(Math.max(0, endsAt - now));
  };
}

async function measure(it: {
  gateway: ChildProcess;
  port: number;
  token: string;
  watchers: number;
  engine: BenchEngine;
  run: () => Promise<unknown>;
  step: () => Promise<string>;
}): Promise<GatewayFigures> {
  const { gateway, port, token, watchers } = it;
  const { pid } = gateway;
  const alone = memory(pid, "VmRSS");
  const watching = await Watching.begin(port, token, watchers);
  await it.run();
  await until("it builds", async () => watching.events > 20 * watchers);
  const [cpu, begun, events] = [cpuMs(pid), performance.now(), watching.events];
  watching.latencies.length = 0;
  await until("it is at its gate", async () => (await it.step()) === "gate", { every: 1_000, ms: 180_000 });
  const seconds = (performance.now() - begun) / 1000;
  const cpuPercent = Math.round(((cpuMs(pid) - cpu) / seconds / 10) * 10) / 10;
  const eventsPerSecond = Math.round(((watching.events - events) / watchers / seconds) * 10) / 10;
  await sleep(2_000);
  const at = (part: number): number => Math.round(percentile(watching.latencies, part));
  const latency = { p50: at(0.5), p99: at(0.99), max: at(1), samples: watching.latencies.length };
  const peak = memory(pid, "VmHWM");
  watching.end();
  const first = {
    watchers,
    seconds: Math.round(seconds),
    eventsPerSecond,
    latency,
    memory: { alone, peak },
    cpuPercent,
  };
  console.log(JSON.stringify(first));
  const status = await asFastAsItCan(port, token, { connections: 32, ms: 5_000 });
  console.log("GET /status", JSON.stringify(status));
  const held = await hold(port, token, pid);
  console.log("held", JSON.stringify(held));
  return { ...first, status, held };
}

/** Opens connections that say nothing; what an answer takes while they are there. */
async function hold(port: number, token: string, pid: number | undefined): Promise<GatewayFigures["held"]> {
  const sockets: Socket[] = [];
  let open = 0;
  let most = 0;
  for (let i = 0; i < HELD; i++) {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("connect", () => {
      most = Math.max(most, ++open);
    });
    socket.on("close", () => open--);
    socket.on("error", () => {});
    sockets.push(socket);
    if (i % 500 === 499) await until("they are open", async () => sockets.every((it) => !it.connecting), { every: 5 });
  }
  const begun = performance.now();
  await ask(port, token);
  const answer = Math.round(performance.now() - begun);
  const resident = memory(pid, "VmRSS");
  for (const socket of sockets) socket.destroy();
  return { connections: most, answer, memory: resident };
}

async function ask(port: number, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`http://127.0.0.1:${port}/status`, { headers })).status;
}
