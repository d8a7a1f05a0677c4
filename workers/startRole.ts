import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../model/errors.ts";
import { commandEntry } from "../system/commandEntry.ts";
import { identify } from "../system/processIdentity.ts";
import { logPath, RECORD_VARIABLE, type RoleRecord, recordPath, writeRecord } from "./roleRecords.ts";
import type { RoleProcess } from "./roles.ts";

export interface StartedRole {
  record: RoleRecord;
  /** Bytes that the log had before. */
  logStart: number;
}

/**
 * Starts a role in a session of its own, so that it outlives this process and its terminal, and writes its record.
 * Its output goes to the end of its log.
 */
export async function startRole(
  role: RoleProcess,
  from: { stateDir: string; configFile: string | null; env: NodeJS.ProcessEnv },
): Promise<StartedRole> {
  const log = logPath(from.stateDir, role.label);
  mkdirSync(dirname(log), { recursive: true });
  const logStart = existsSync(log) ? statSync(log).size : 0;
  const config = from.configFile === null ? [] : ["--config", from.configFile];
  const output = openSync(log, "a");
  try {
    const child = spawn(process.execPath, [commandEntry(), ...config, ...role.args], {
      cwd: from.stateDir,
      env: { ...from.env, [RECORD_VARIABLE]: recordPath(from.stateDir, role.label) },
      detached: true,
      stdio: ["ignore", output, output],
    });
    await new Promise<void>((started, failed) => child.once("spawn", started).once("error", failed));
    child.unref();
    const identity = identify(child.pid ?? 0);
    if (identity === null) throw new UserError(`${role.label}: ended at once. Its log: ${log}`);
    const record = { label: role.label, identity, startedAt: new Date().toISOString() };
    await writeRecord(from.stateDir, record);
    return { record, logStart };
  } finally {
    closeSync(output);
  }
}
