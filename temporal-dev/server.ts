import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, UserError } from "../model/errors.ts";
import { SEARCH_ATTRIBUTES } from "../model/searchAttributes.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { withLock } from "../system/lock.ts";
import { findMarkedProcesses } from "../system/markedProcesses.ts";
import { freePort, hostAndPort, isPortFree, portOwner } from "../system/ports.ts";
import { identify, isAlive, type ProcessIdentity, signalGroup } from "../system/processIdentity.ts";
import { serverArguments } from "./arguments.ts";
import { ensureTemporal, serverVersion } from "./find.ts";
import { type DevServerRecord, isRunning, readRecord, recordPath } from "./record.ts";

export interface DevServerOptions {
  ip: string;
  /** 0: a free one, the same again after a crash. */
  port: number;
  uiPort: number;
  database: string;
  stateDir: string;
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  onProgress?: (line: string) => void;
}

export interface DevServerInfo {
  address: string;
  uiUrl: string;
  pid: number;
  port: number;
  uiPort: number;
  database: string;
  version: string;
}

/** A large database takes its time to open. ms */
const START_MS = 60_000;
const STOP_MS = 10_000;
const POLL_MS = 100;
/** Of one call while waiting: a server that hangs must not hang its starter. ms */
const CALL_MS = 5_000;

/** In the server's environment: its state directory. */
const MARK = "SWARM_DEV_SERVER";

const logPath = (stateDir: string): string => join(stateDir, "logs", "temporal.log");
const lockPath = (stateDir: string): string => join(stateDir, "dev-server.lock");

/**
 * Starts the embedded Temporal server of a state directory, in a session of its own, and waits until it serves. Where it
 * runs already that one is returned; after a crash it goes on with its data.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServerInfo> {
  const { stateDir } = options;
  return withLock(lockPath(stateDir), async () => {
    const before = readRecord(stateDir);
    const record = before && isRunning(before) ? before : await spawnServer(options, before);
    await untilServing(record, stateDir);
    return infoOf(record);
  });
}

/** Starts the process and writes its record. Called with the lock. */
async function spawnServer(options: DevServerOptions, before: DevServerRecord | null): Promise<DevServerRecord> {
  const { ip, database, stateDir, cacheDir, env, onProgress } = options;
  const binary = await ensureTemporal({ cacheDir, env, ...(onProgress ? { onProgress } : {}) });
  const version = (await serverVersion(binary)) ?? "unknown";
  // Two servers must not open one database.
  await endUnrecorded(stateDir);
  const port = await choosePort(ip, options.port, before?.port, "port");
  const uiPort = await choosePort(ip, options.uiPort, before?.uiPort, "ui_port");
  await mkdir(dirname(database), { recursive: true });
  await mkdir(dirname(logPath(stateDir)), { recursive: true });
  const log = await open(logPath(stateDir), "a");
  const child = spawn(binary, serverArguments({ ip, port, uiPort, database }), {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { ...env, [MARK]: stateDir },
    cwd: dirname(database),
  });
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  child.unref();
  await log.close();
  const identity = child.pid === undefined ? null : identify(child.pid);
  if (identity === null) {
    throw new UserError(`${binary} does not start: ${failure?.message ?? (await lastLines(stateDir))}`);
  }
  const record: DevServerRecord = {
    process: identity,
    address: hostAndPort(ip, port),
    ip,
    port,
    uiPort,
    uiUrl: `http://${hostAndPort(ip, uiPort)}`,
    database,
    version,
    startedAt: new Date().toISOString(),
  };
  // Before it serves: if this process dies now, the next start finds the server and waits for it.
  await writeFileAtomic(recordPath(stateDir), JSON.stringify(record, null, 2));
  return record;
}

/** Stops it: in order, after 10 s by force. Its database stays. Returns whether one ran. */
export async function stopDevServer(stateDir: string): Promise<boolean> {
  return withLock(lockPath(stateDir), async () => {
    const record = readRecord(stateDir);
    const running = record !== null && isRunning(record);
    if (running) await endServer(record.process);
    const unrecorded = await endUnrecorded(stateDir);
    await rm(recordPath(stateDir), { force: true });
    return running || unrecorded;
  });
}

/** Ends a server whose starter died before the record was written. Returns whether there was one. */
async function endUnrecorded(stateDir: string): Promise<boolean> {
  const servers = findMarkedProcesses(MARK, stateDir).filter(({ value }) => value === stateDir);
  for (const { identity } of servers) await endServer(identity);
  return servers.length > 0;
}

async function endServer(server: ProcessIdentity): Promise<void> {
  signalGroup(server.pid, "SIGTERM");
  const deadline = Date.now() + STOP_MS;
  while (isAlive(server) && Date.now() < deadline) await sleep(POLL_MS);
  if (isAlive(server)) signalGroup(server.pid, "SIGKILL");
  while (isAlive(server)) await sleep(POLL_MS);
}

/** The server that runs for this state directory, or null. */
export function devServerStatus(stateDir: string): DevServerInfo | null {
  const record = readRecord(stateDir);
  return record && isRunning(record) ? infoOf(record) : null;
}

const infoOf = ({ process, address, uiUrl, port, uiPort, database, version }: DevServerRecord): DevServerInfo => ({
  address,
  uiUrl,
  pid: process.pid,
  port,
  uiPort,
  database,
  version,
});

/** The port wanted; for 0 the one of the last life, so that waiting roles find the server again, else any free one. */
async function choosePort(ip: string, wanted: number, last: number | undefined, key: string): Promise<number> {
  if (wanted === 0) return last !== undefined && (await isPortFree(ip, last)) ? last : freePort(ip);
  if (await isPortFree(ip, wanted)) return wanted;
  const owner = portOwner(wanted);
  throw new UserError(
    `port ${wanted} on ${ip} is in use${owner ? ` by ${owner}` : ""}: stop that, or set [dev_server] ${key} in swarm.toml to another port (0: any free one)`,
  );
}

/** Waits until the namespace and our search attributes are there: before that calls would fail. */
async function untilServing(record: DevServerRecord, stateDir: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const lacking = await whatLacks(record.address);
    if (lacking === null) return;
    if (!isAlive(record.process)) {
      throw new UserError(`the Temporal server ended while starting: ${await lastLines(stateDir)}`);
    }
    if (Date.now() > deadline) {
      throw new UserError(
        `the Temporal server (process ${record.process.pid}) does not serve ${record.address} after ${START_MS / 1000} s: ${lacking}. Its log: ${logPath(stateDir)}`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** Why the server cannot be used yet, null when it can. */
async function whatLacks(address: string): Promise<string | null> {
  const { Connection } = await import("@temporalio/client");
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      return await connection.withDeadline(Date.now() + CALL_MS, async () => {
        await connection.workflowService.describeNamespace({ namespace: "default" });
        const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: "default" });
        const missing = SEARCH_ATTRIBUTES.filter((name) => !(name in customAttributes));
        return missing.length === 0 ? null : `no search attributes ${missing.join(", ")}`;
      });
    } finally {
      await connection.close();
    }
  } catch (error) {
    return messageOf(error);
  }
}

async function lastLines(stateDir: string): Promise<string> {
  const text = await readFile(logPath(stateDir), "utf8").catch(() => "");
  return `${text.trim().split("\n").slice(-3).join(" | ") || "it said nothing"} (${logPath(stateDir)})`;
}
