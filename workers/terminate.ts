import { setTimeout as delay } from "node:timers/promises";
import { findMarkedProcesses } from "../system/markedProcesses.ts";
import { isAlive, type ProcessIdentity, signalGroup } from "../system/processIdentity.ts";
import { RECORD_VARIABLE, recordsDir } from "./roleRecords.ts";

const POLL_MS = 50;

/** TERM to a session leader, KILL to its whole group when it has not ended after `graceMs`. Returns how it ended. */
export async function terminate(leader: ProcessIdentity, graceMs: number): Promise<"gone" | "ended" | "killed"> {
  if (!isAlive(leader)) return "gone";
  signal(leader.pid, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (isAlive(leader) && Date.now() < deadline) await delay(POLL_MS);
  if (!isAlive(leader)) return "ended";
  signalGroup(leader.pid, "SIGKILL");
  while (isAlive(leader)) await delay(POLL_MS);
  return "killed";
}

/** Kills what roles of this state directory left running: helpers of theirs that outlived them. */
export async function endLeftovers(stateDir: string): Promise<void> {
  for (const { identity } of findMarkedProcesses(RECORD_VARIABLE, `${recordsDir(stateDir)}/`)) {
    signal(identity.pid, "SIGKILL");
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile.
  }
}
