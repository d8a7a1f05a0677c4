import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../model/errors.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { withLock } from "../system/lock.ts";
import { freePort, isPortFree, portOwner } from "../system/ports.ts";
import { identify, isAlive, signalGroup } from "../system/processIdentity.ts";
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

const logPath = (stateDir: string): string => join(stateDir, "logs", "temporal.log");
const lockPath = (stateDir: string): string => join(stateDir, "dev-server.lock");

/**
 * Starts the embedded Temporal server of a state directory, in a session of its own, and waits until it serves. Where it
 * runs already that one is returned; after a crash it goes on with its data.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServerInfo> {
  const { stateDir, env, cacheDir, onProgress } = options;
  const binary = await ensureTemporal({ cacheDir, env, ...(onProgress ? { onProgress } : {}) });
  return withLock(lockPath(stateDir), async () => {
    const before = readRecord(stateDir);
    if (before && isRunning(before)) {
      await untilServing(before, stateDir);
      return infoOf(before);
    }
    const port = await choosePort(options.ip, options.port, before?.port, "port");
    const uiPort = await choosePort(options.ip, options.uiPort, before?.uiPort, "ui_port");
    await mkdir(dirname(options.database), { recursive: true });
    await mkdir(dirname(logPath(stateDir)), { recursive: true });
    const log = await open(logPath(stateDir), "a");
    const child = spawn(binary, serverArguments({ ...options, port, uiPort }), {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env,
      cwd: dirname(options.database),
    });
    await log.close();
    child.unref();
    const identity = child.pid === undefined ? null : identify(child.pid);
    if (identity === null) throw new UserError(`the Temporal server ended at once: ${await lastLines(stateDir)}`);
    const record: DevServerRecord = {
      process: identity,
      address: `${options.ip}:${port}`,
      ip: options.ip,
      port,
      uiPort,
      uiUrl: `http://${options.ip}:${uiPort}`,
      database: options.database,
      version: (await serverVersion(binary)) ?? "unknown",
      startedAt: new Date().toISOString(),
    };
    // Before it serves: if this process dies now, the next start finds the server and waits for it.
    await writeFileAtomic(recordPath(stateDir), JSON.stringify(record, null, 2));
    await untilServing(record, stateDir);
    return infoOf(record);
  });
}

/** Stops it: in order, after 10 s by force. Its database stays. Returns whether one ran. */
export async function stopDevServer(stateDir: string): Promise<boolean> {
  return withLock(lockPath(stateDir), async () => {
    const record = readRecord(stateDir);
    const running = record !== null && isRunning(record);
    if (running) {
      signalGroup(record.process.pid, "SIGTERM");
      const deadline = Date.now() + STOP_MS;
      while (isAlive(record.process) && Date.now() < deadline) await sleep(POLL_MS);
      if (isAlive(record.process)) signalGroup(record.process.pid, "SIGKILL");
      while (isAlive(record.process)) await sleep(POLL_MS);
    }
    await rm(recordPath(stateDir), { force: true });
    return running;
  });
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

/** Waits until the namespace and our search attributes are there: before that every call would fail. */
async function untilServing(record: DevServerRecord, stateDir: string): Promise<void> {
  const { Connection } = await import("@temporalio/client");
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      const connection = await Connection.connect({ address: record.address, connectTimeout: 1_000 });
      try {
        await connection.workflowService.describeNamespace({ namespace: "default" });
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (!isAlive(record.process)) {
        throw new UserError(`the Temporal server ended while starting: ${await lastLines(stateDir)}`);
      }
      if (Date.now() > deadline) {
        throw new UserError(
          `the Temporal server does not serve ${record.address} after ${START_MS / 1000} s: ${error}. Its log: ${logPath(stateDir)}`,
        );
      }
      await sleep(POLL_MS);
    }
  }
}

async function lastLines(stateDir: string): Promise<string> {
  const text = await readFile(logPath(stateDir), "utf8").catch(() => "");
  return `${text.trim().split("\n").slice(-3).join(" | ") || "it said nothing"} (${logPath(stateDir)})`;
}
