import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive, type ProcessIdentity, signalGroup } from "./processIdentity.ts";

/** Between SIGTERM and SIGKILL. ms */
const GRACE_MS = 5_000;
/** A process that does not even go on SIGKILL hangs in the kernel. ms */
const KILL_MS = 10_000;
const POLL_MS = 20;

/**
 * Processes that have to do with one of these directories: in their command line, environment or working directory. Finds
 * what has left its process group or lost its parent. Of other users' processes only what may be seen.
 */
export function processesIn(directories: readonly string[]): ProcessIdentity[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      const facts = [read(`/proc/${name}/cmdline`), read(`/proc/${name}/environ`), link(`/proc/${name}/cwd`)];
      return directories.some((directory) => facts.some((fact) => names(fact, directory)));
    })
    .flatMap((name) => identify(Number(name)) ?? []);
}

/** Whether a text has the directory or a path below it: `/a/foo-1.2` is not in `/a/foo-1.2.1`. */
function names(text: string, directory: string): boolean {
  for (let at = text.indexOf(directory); at >= 0; at = text.indexOf(directory, at + 1)) {
    if (!/[\w.+-]/.test(text[at + directory.length] ?? "")) return true;
  }
  return false;
}

/**
 * Ends a process group and everything else that has to do with the directories: SIGTERM, then SIGKILL. Returns when nothing is
 * left. `leader`: whose group it is; its pid is only used while that very process lives, since pids are used again.
 */
export async function endProcesses(leader: ProcessIdentity | null, directories: readonly string[]): Promise<void> {
  for (const [signal, patience] of [
    ["SIGTERM", GRACE_MS],
    ["SIGKILL", KILL_MS],
  ] as const) {
    let left = remaining(leader, directories);
    if (left.length === 0) return;
    if (leader && isAlive(leader)) signalGroup(leader.pid, signal);
    for (const { pid } of left) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has gone meanwhile.
      }
    }
    for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(POLL_MS)) {
      left = remaining(leader, directories);
      if (left.length === 0) return;
    }
  }
  const pids = remaining(leader, directories).map((it) => it.pid);
  if (pids.length > 0) throw new Error(`processes ${pids.join(", ")} of ${directories[0]} cannot be ended`);
}

function remaining(leader: ProcessIdentity | null, directories: readonly string[]): ProcessIdentity[] {
  const found = processesIn(directories);
  const alone = leader && isAlive(leader) && !found.some((it) => it.pid === leader.pid);
  return alone ? [leader, ...found] : found;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return `${readlinkSync(path)}/`;
  } catch {
    return "";
  }
}
