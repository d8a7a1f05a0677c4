import { readdirSync, readFileSync } from "node:fs";

/** What has used this machine's processors since it was started, at one moment. Times in clock ticks. */
export interface ProcessorTimes {
  /** Seconds on the clock of `performance.now()`. */
  at: number;
  cores: number;
  /** Of all processors together, idle or not. */
  all: number;
  /** In which programs and the kernel for them did work, niced or not. */
  busy: number;
  /** Of the processes that are ours, with what those of their children used that have ended. */
  ours: number;
  /** Ours that live -> whether the times of one that ends pass to another of ours. */
  members: ReadonlyMap<string, boolean>;
}

/** Which processes are ours. */
export interface OwnProcesses {
  /** With all its descendants. */
  pid: number;
  /** Every process with one of these among its arguments is ours with all its descendants, whoever started it. */
  programs: readonly string[];
}

/** Over so long the load is averaged, and it must have been seen at least half as long. Seconds. */
const WINDOW = 60;

/** How many cores others than ourselves keep busy on this machine, on average over about a minute. */
export class ForeignLoad {
  readonly #look: () => ProcessorTimes;
  #last: ProcessorTimes;
  #parts: { seconds: number; cores: number }[] = [];

  /** @param look e.g. `processorTimes`. */
  constructor(look: () => ProcessorTimes) {
    this.#look = look;
    this.#last = look();
  }

  /** Cores, as seen up to now; null where too little is known. To be asked every few seconds. */
  cores(): number | null {
    const before = this.#last;
    this.#last = this.#look();
    const cores = foreignCores(before, this.#last);
    if (cores !== null) this.#parts.push({ seconds: this.#last.at - before.at, cores });
    const seconds = (): number => this.#parts.reduce((sum, part) => sum + part.seconds, 0);
    while (seconds() - (this.#parts[0]?.seconds ?? 0) >= WINDOW) this.#parts.shift();
    if (seconds() < WINDOW / 2) return null;
    return this.#parts.reduce((sum, part) => sum + part.seconds * part.cores, 0) / seconds();
  }
}

/**
 * Cores that others kept busy between two looks. Null where that cannot be told: one of ours ended, and its last times with
 * it, which would seem to be others'.
 */
export function foreignCores(before: ProcessorTimes, after: ProcessorTimes): number | null {
  const all = after.all - before.all;
  if (all <= 0) return null;
  for (const [member, passedOn] of before.members) if (!passedOn && !after.members.has(member)) return null;
  const foreign = after.busy - before.busy - (after.ours - before.ours);
  return (Math.max(0, foreign) / all) * after.cores;
}

/**
 * One look, by /proc/stat and /proc/PID/stat (proc(5)). Threads of the kernel count as ours, and interrupts as nobody's: it is
 * for our builds that they work, more often than not.
 */
export function processorTimes(own: OwnProcesses): ProcessorTimes {
  const lines = read("/proc/stat").split("\n");
  const [user = 0, nice = 0, system = 0, ...rest] = (lines[0] ?? "").trim().split(/\s+/).slice(1, 9).map(Number);
  const processes = allProcesses();
  const ours = ownOf(processes, own);
  let used = 0;
  const members = new Map<string, boolean>();
  for (const { pid, parent, startTime, ticks } of ours.values()) {
    used += ticks;
    members.set(`${pid} ${startTime}`, ours.has(parent));
  }
  return {
    at: performance.now() / 1000,
    cores: lines.filter((line) => /^cpu\d/.test(line)).length,
    all: [user, nice, system, ...rest].reduce((sum, ticks) => sum + ticks, 0),
    busy: user + nice + system,
    ours: used,
    members,
  };
}

interface Process {
  pid: number;
  name: string;
  parent: number;
  startTime: string;
  ticks: number;
}

function allProcesses(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" ");
    const startTime = fields[19];
    if (startTime === undefined) continue;
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const name = stat.slice(stat.indexOf("(") + 1, end);
    found.set(Number(entry), { pid: Number(entry), name, parent: Number(fields[1]), startTime, ticks });
  }
  return found;
}

function ownOf(processes: ReadonlyMap<number, Process>, { pid: self, programs }: OwnProcesses): Map<number, Process> {
  const known = new Map<number, boolean>();
  const isOwn = (pid: number): boolean => {
    const process = processes.get(pid);
    if (!process) return false;
    const answer = known.get(pid);
    if (answer !== undefined) return answer;
    // Parents that were read at different moments could go round in a circle.
    known.set(pid, false);
    const itself = pid === self || (process.name === "kthreadd" && process.parent === 0);
    const own = itself || isOwn(process.parent) || argumentsOf(pid).some((it) => programs.includes(it));
    known.set(pid, own);
    return own;
  };
  return new Map([...processes].filter(([pid]) => isOwn(pid)));
}

const argumentsOf = (pid: number): string[] => read(`/proc/${pid}/cmdline`).split("\0");

/** Empty where the process has gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
