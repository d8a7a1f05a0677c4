import type { ChildProcess } from "node:child_process";
import { appendFile, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addToken, newToken } from "../gateway/tokens.ts";
import type { LogKey } from "../model/logs.ts";
import { BinhostClient } from "../store/client.ts";
import { freePort } from "../system/ports.ts";
import { LogDrone } from "./logs/drone.ts";
import { type Delays, Reading, stampedLine } from "./logs/reader.ts";
import { wide } from "./noop/plan.ts";
import { type NoopSwarm, until } from "./noop/swarm.ts";
import { configure, cpuMs, end, memory, startRole } from "./processes.ts";
import { type BenchEngine, withEngine, withSwarm } from "./swarmBench.ts";

export interface LogFigures {
  /** Logs that grow at the same time, and what is written to each. */
  logs: number;
  seconds: number;
  bytesPerSecond: number;
  /** From "written by the build" to "seen"; the goal is 2,000. ms */
  command: Delays & { readers: number };
  gateway: Delays & { readers: number };
  /** Of one core, while they grow. % */
  cpu: Processes;
  /** Resident memory at most. MiB */
  memory: Processes;
  long: LongLogFigures;
}

/** One log of 1 GiB, written as fast as the disk takes it. */
interface LongLogFigures {
  gib: number;
  /** Until all of it was written, and from there until the binhost had its end, compressed. s */
  written: number;
  settled: number;
  /** What the binhost keeps: as it was written, and on its disk. MiB */
  kept: number;
  onDisk: number;
  /** All that is kept of it, read through the gateway. s */
  read: number;
  memory: Processes;
}

interface Processes {
  drone: number;
  binhost: number;
  gateway: number;
}

const SECONDS = 30;
const COMMANDS = 4;
/** A gateway lets one token follow 20 logs. */
const STREAMS_EACH = 16;
const PAUSE_MS = 100;
const LINES = 10;
const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** How soon what builds write is seen, and what a very long log costs. The engine, binhost, gateway and readers are real. */
export async function benchLogs(logs = 32): Promise<LogFigures> {
  return await withEngine(async (engine) => {
    const held = Promise.withResolvers<void>();
    const drones = [{ name: "izar", cores: 64, slots: logs, build: () => held.promise }];
    const options = { address: engine.address, bundle: engine.bundle, drones, plan: wide(logs) };
    return await withSwarm(options, async (swarm) => {
      const around = await surroundings(engine, swarm, logs + 1);
      try {
        // As the command names them: by its id the gateway knows whose it is before the engine lists it.
        await swarm.run({ run: "desktop-20261121-0101" });
        await until("all of them build", async () => (await swarm.view()).counts.delegated === logs);
        const { run } = await swarm.view();
        const keys = Array.from({ length: logs }, (_, i): LogKey => ({ run, cpv: `wide/part${i}-1`, attempt: 1 }));
        const growing = await measureGrowing(around, keys);
        console.log(JSON.stringify(growing));
        const long = await measureLong(around, { run, cpv: "wide/long-1", attempt: 1 });
        console.log("1 GiB", JSON.stringify(long));
        held.resolve();
        return { ...growing, long };
      } finally {
        await around.end();
      }
    });
  });
}

interface Around {
  directory: string;
  env: NodeJS.ProcessEnv;
  binhost: BinhostClient;
  gateway: { url: string; tokens: string[] };
  pids: Record<keyof Processes, number | undefined>;
  drone: LogDrone;
  end(): Promise<void>;
}

async function surroundings(engine: BenchEngine, swarm: NoopSwarm, readers: number): Promise<Around> {
  const { directory, address } = engine;
  const config = await configure(engine);
  const port = await freePort("127.0.0.1");
  await appendFile(config.file, `[gateway]\nport = ${port}\n`);
  const tokens = Array.from({ length: Math.ceil(readers / STREAMS_EACH) }, newToken);
  await mkdir(join(directory, "state"), { recursive: true });
  const book = join(directory, "state", "gateway-tokens.json");
  for (const [i, token] of tokens.entries()) {
    await addToken(book, { name: `bench-${i}`, role: "viewer", expiresAt: null }, token);
  }
  const url = `http://127.0.0.1:${/^\[binhost\]\nport = (\d+)$/m.exec(await readFile(config.file, "utf8"))?.[1]}`;
  // Its own namespace: the tasks of the run are for the simulated binhost.
  const roles: ChildProcess[] = [
    startRole(engine, config, "default", ["binhost"]),
    startRole(engine, config, swarm.namespace, ["gateway"]),
  ];
  const drone = new LogDrone({ url, token: config.token });
  const gateway = { url: `http://127.0.0.1:${port}`, tokens };
  const isThere = (root: string) => async () => (await fetch(`${root}/healthz`).catch(() => null))?.ok;
  await until("the binhost answers", isThere(url));
  await until("the gateway answers", isThere(gateway.url));
  return {
    ...{ directory, gateway, drone, binhost: new BinhostClient(url, config.token) },
    env: { SWARM_CONFIG: config.file, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: swarm.namespace },
    pids: { drone: drone.pid, binhost: roles[0]?.pid, gateway: roles[1]?.pid },
    end: async () => {
      await drone.stop();
      await Promise.all(roles.map(end));
    },
  };
}

async function measureGrowing(around: Around, keys: readonly LogKey[]): Promise<Omit<LogFigures, "long">> {
  const { directory, drone, gateway, env, pids } = around;
  const files = keys.map((_, i) => join(directory, `part${i}.log`));
  const write = (): Promise<unknown> =>
    Promise.all(files.map((file) => appendFile(file, Array.from({ length: LINES }, stampedLine).join(""))));
  await write();
  for (const [i, key] of keys.entries()) drone.follow(key, files[i] ?? "");
  const [command, stream] = [new Reading(), new Reading()];
  try {
    for (const { cpv } of keys.slice(0, COMMANDS)) command.command([cpv], env);
    for (const [i, key] of keys.entries()) {
      await stream.stream({ ...gateway, token: gateway.tokens[Math.floor(i / STREAMS_EACH)] ?? "" }, key);
    }
    const writing = new AbortController();
    const done = keepWriting(write, writing.signal);
    // The first word of a reader is what there was before.
    await until("all are read", async () => command.delays.length > 100 * COMMANDS && stream.delays.length > 0);
    await sleep(2_000);
    for (const reading of [command, stream]) reading.delays.length = 0;
    for (const pid of Object.values(pids)) await forgetPeak(pid);
    const before = each(pids, cpuMs);
    await sleep(SECONDS * 1000);
    const cpu = each(pids, (pid, name) => Math.round((cpuMs(pid) - before[name]) / SECONDS) / 10);
    writing.abort();
    await done;
    return {
      ...{ logs: keys.length, seconds: SECONDS, cpu, memory: each(pids, (pid) => memory(pid, "VmHWM")) },
      bytesPerSecond: stampedLine().length * LINES * (1000 / PAUSE_MS),
      command: { readers: COMMANDS, ...command.figures() },
      gateway: { readers: keys.length, ...stream.figures() },
    };
  } finally {
    command.stop();
    stream.stop();
    for (const file of files) drone.end(file);
  }
}

async function keepWriting(write: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await write();
    await sleep(PAUSE_MS);
  }
}

async function measureLong({ directory, drone, binhost, gateway, pids }: Around, key: LogKey): Promise<LongLogFigures> {
  const file = join(directory, "long.log");
  await writeFile(file, "the first line\n");
  drone.follow(key, file);
  const reading = new Reading();
  await until("it is there", async () => (await binhost.logs.state(key)).end > 0);
  const token = gateway.tokens.at(-1) ?? "";
  await reading.stream({ ...gateway, token }, key);
  for (const pid of Object.values(pids)) await forgetPeak(pid);
  const begun = performance.now();
  await writeLong(file);
  const written = performance.now();
  drone.end(file);
  await until("its end is there", async () => (await binhost.logs.state(key)).complete, { ms: 600_000 });
  const settled = performance.now();
  let [kept, last] = [0, ""];
  for (let at = 0; ; ) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${gateway.url}/api/v1/logs/${key.run}/${key.cpv}/1?offset=${at}`, { headers });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200) throw new Error(`the gateway answered HTTP ${answer.status}`);
    if (bytes.length === 0) break;
    kept += bytes.length;
    last = bytes.subarray(-200).toString();
    at = Number(answer.headers.get("log-offset")) + bytes.length;
  }
  if (!last.endsWith("the last line\n")) throw new Error(`the log ends with: ${last}`);
  const read = performance.now();
  reading.stop();
  const archive = join(directory, "state", "binhost", "logs", key.run, ...`${key.cpv}.1.log.zst`.split("/"));
  return {
    gib: 1,
    ...{ written: inSeconds(written - begun), settled: inSeconds(settled - written), read: inSeconds(read - settled) },
    kept: Math.round((kept / MIB) * 10) / 10,
    onDisk: Math.round(((await readFile(archive)).length / MIB) * 10) / 10,
    memory: each(pids, (pid) => memory(pid, "VmHWM")),
  };
}

async function writeLong(file: string): Promise<void> {
  const handle = await open(file, "a");
  let number = 0;
  for (let size = 0; size < GIB; ) {
    const text = Array.from({ length: 10_000 }, () => `${number++} ${stampedLine()}`).join("");
    await handle.write(text);
    size += text.length;
  }
  await handle.write("the last line\n");
  await handle.close();
}

function each<T>(pids: Around["pids"], of: (pid: number | undefined, name: keyof Processes) => T) {
  return { drone: of(pids.drone, "drone"), binhost: of(pids.binhost, "binhost"), gateway: of(pids.gateway, "gateway") };
}

/** The peak of a process's memory is counted from now on (proc(5), clear_refs). */
async function forgetPeak(pid: number | undefined): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, "5");
}

function inSeconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
