import { readdirSync, readFileSync } from "node:fs";
import { identify, type ProcessIdentity } from "./processIdentity.ts";

/** A process whose environment had a certain variable when its program was started. */
export interface MarkedProcess {
  identity: ProcessIdentity;
  /** The variable's value. */
  value: string;
  sessionLeader: boolean;
}

/** All live processes whose environment has `variable` with a value that begins with `prefix`; only those that this user may look into. */
export function findMarkedProcesses(variable: string, prefix: string): MarkedProcess[] {
  const wanted = `${variable}=${prefix}`;
  const found: MarkedProcess[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const pid = Number(entry);
    const setting = readProc(pid, "environ")
      ?.split("\0")
      .find((line) => line.startsWith(wanted));
    const identity = setting === undefined ? null : identify(pid);
    if (setting === undefined || identity === null) continue;
    found.push({ identity, value: setting.slice(variable.length + 1), sessionLeader: sessionOf(pid) === pid });
  }
  return found;
}

/** Field 6 of /proc/PID/stat. */
function sessionOf(pid: number): number | null {
  const stat = readProc(pid, "stat");
  if (stat === null) return null;
  const field = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3];
  return field === undefined ? null : Number(field);
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // Gone meanwhile, or another user's.
    return null;
  }
}
