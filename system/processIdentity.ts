import { readFileSync } from "node:fs";

/** A process for certain: a pid alone may be another process after a reboot or a wrap-around. */
export interface ProcessIdentity {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  startTime: string;
  /** /proc/sys/kernel/random/boot_id */
  bootId: string;
}

function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name (field 2) may hold spaces and parentheses: fields count from after the last one.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** The identity of a live process, or null where there is none (a zombie is none). */
export function identify(pid: number): ProcessIdentity | null {
  const fields = statFields(pid);
  const startTime = fields?.[19];
  if (!fields || startTime === undefined || fields[0] === "Z" || fields[0] === "X") return null;
  return { pid, startTime, bootId: bootId() };
}

/** Whether that very process still lives. Signalling a zombie succeeds, so /proc is asked. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== null && now.startTime === identity.startTime && now.bootId === identity.bootId;
}

/** Sends a signal to a process group; false where the group is gone. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pgid, signal);
    return true;
  } catch {
    return false;
  }
}
