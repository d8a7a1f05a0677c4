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

/**
 * The identity of a live process, or null where there is none. A zombie is none, but only once all its threads have ended: of
 * those that are killed the first may be sooner, and until then the process has its files and ports.
 */
export function identify(pid: number): ProcessIdentity | null {
  const fields = statFields(pid);
  const startTime = fields?.[19];
  if (!fields || startTime === undefined) return null;
  // Fields 3 and 20: its state, and how many threads are left of it.
  const [state, threads] = [fields[0], Number(fields[17])];
  if (state === "X" || (state === "Z" && threads <= 1)) return null;
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
