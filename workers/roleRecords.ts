import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { findMarkedProcesses } from "../system/markedProcesses.ts";
import { identify, isAlive, type ProcessIdentity } from "../system/processIdentity.ts";

/**
 * In the environment of every process that `swarm up` starts: the path of its record. It finds the processes of an `up`
 * that was killed before it could write the record.
 */
export const RECORD_VARIABLE = "SWARM_ROLE_RECORD";

/** The engine among the roles. It keeps a record of its own, elsewhere. */
export const ENGINE_LABEL = "dev-server";

const identitySchema = z.object({ pid: z.int().positive(), startTime: z.string(), bootId: z.string() });
const addressSchema = identitySchema.extend({ url: z.url() });
const recordSchema = z.object({ label: z.string(), identity: identitySchema, startedAt: z.string() });

/** A process that was started, as its file `<stateDir>/processes/<label>.json` has it. */
export interface RoleRecord {
  label: string;
  identity: ProcessIdentity;
  /** ISO 8601 */
  startedAt: string;
}

/** Where the records are. */
export const recordsDir = (stateDir: string): string => join(stateDir, "processes");
export const recordPath = (stateDir: string, label: string): string => join(recordsDir(stateDir), `${label}.json`);
export const logPath = (stateDir: string, label: string): string => join(stateDir, "logs", `${label}.log`);
/** Held by whoever starts or stops the swarm of this state directory. */
export const composeLockPath = (stateDir: string): string => join(recordsDir(stateDir), "lock");

// Beside the record, not in it: the record is written by `up`, this by the role, and neither waits for the other.
const readyPath = (record: string): string => record.replace(/\.json$/, ".ready");
const addressPath = (record: string): string => record.replace(/\.json$/, ".address");

export async function writeRecord(stateDir: string, record: RoleRecord): Promise<void> {
  await writeFileAtomic(recordPath(stateDir, record.label), `${JSON.stringify(record)}\n`);
}

export async function removeRecord(stateDir: string, label: string): Promise<void> {
  const path = recordPath(stateDir, label);
  await rm(readyPath(path), { force: true });
  await rm(addressPath(path), { force: true });
  await rm(path, { force: true });
}

/** Removes half-written files of killed processes. Only when nothing of this swarm runs any more. */
export async function sweepRecords(stateDir: string): Promise<void> {
  const dir = recordsDir(stateDir);
  const left = (await readdir(dir)).filter((name) => name.endsWith(".tmp"));
  await Promise.all(left.map((name) => rm(join(dir, name), { force: true })));
}

async function parseFile<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // Missing, or not ours: there is no such record.
    return null;
  }
}

/** Every record of this state directory, of live processes and of dead ones. */
export async function readRecords(stateDir: string): Promise<RoleRecord[]> {
  const dir = recordsDir(stateDir);
  const names = await readdir(dir).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json")).sort();
  const records = await Promise.all(files.map((name) => parseFile(join(dir, name), recordSchema)));
  return records.filter((record) => record !== null);
}

/** Writes the records that a killed `up` did not come to write. Only with the lock held. */
export async function recordUnrecorded(stateDir: string): Promise<void> {
  await mkdir(recordsDir(stateDir), { recursive: true });
  const known = await readRecords(stateDir);
  const found = findMarkedProcesses(RECORD_VARIABLE, `${recordsDir(stateDir)}/`);
  for (const { value, identity, sessionLeader } of found) {
    const label = /([^/]+)\.json$/.exec(value)?.[1];
    // Children of a role carry its mark too; the role itself leads its session.
    if (label === undefined || label === ENGINE_LABEL || !sessionLeader) continue;
    const record = known.find((each) => each.label === label);
    if (record && isAlive(record.identity)) continue;
    await writeRecord(stateDir, { label, identity, startedAt: new Date().toISOString() });
  }
}

/** Called by a role when it does its work: tells the `swarm up` that waits for it, if one started it. */
export async function announceReady(env: NodeJS.ProcessEnv): Promise<void> {
  const record = env[RECORD_VARIABLE];
  const self = identify(process.pid);
  if (record && self) await writeFileAtomic(readyPath(record), `${JSON.stringify(self)}\n`);
}

/** Called by a role that tells its metrics and its health: at which base address. */
export async function announceAddress(env: NodeJS.ProcessEnv, url: string): Promise<void> {
  const record = env[RECORD_VARIABLE];
  const self = identify(process.pid);
  if (record && self) await writeFileAtomic(addressPath(record), `${JSON.stringify({ ...self, url })}\n`);
}

/** A role that `swarm up` has started here, with the base address where it tells, or told, its metrics and its health. */
export interface RoleAddress {
  label: string;
  url: string;
  /** False: its process has ended, and nobody has stopped it by `swarm down` or started it again. */
  isAlive: boolean;
}

export async function roleAddresses(stateDir: string): Promise<RoleAddress[]> {
  const found = await Promise.all(
    (await readRecords(stateDir)).map(async ({ label, identity }) => {
      const told = await parseFile(addressPath(recordPath(stateDir, label)), addressSchema);
      return told !== null && sameProcess(told, identity) ? [{ label, url: told.url, isAlive: isAlive(identity) }] : [];
    }),
  );
  return found.flat();
}

/** Whether the process of the record said that it does its work. */
export async function isReady(stateDir: string, record: RoleRecord): Promise<boolean> {
  const ready = await parseFile(readyPath(recordPath(stateDir, record.label)), identitySchema);
  // An earlier process of this role may have left the file.
  return ready !== null && sameProcess(ready, record.identity);
}

function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId;
}
