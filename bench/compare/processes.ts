import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

/** How often memory is looked at. ms */
const SAMPLE_MS = 200;
/** Bytes of a page, which /proc counts resident memory in: 4 KiB on every machine that this runs on. */
const PAGE = 4096;
const MIB = 2 ** 20;

interface Process {
  pid: number;
  parent: number;
  name: string;
  /** Resident memory. Bytes. */
  resident: number;
}

/** Looks again and again at what the tool's processes, and all that they started, have of memory. */
export class Sampler {
  readonly #roots = new Set<number>();
  readonly #timer = setInterval(() => this.#sample(), SAMPLE_MS);
  /** Largest sum of resident memory. MiB; what processes share is counted with each. */
  peakMiB = 0;
  /** Most processes named `sleep` at a time. */
  sleeping = 0;

  add(pid: number): void {
    this.#roots.add(pid);
    this.#sample();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const all = descendants(this.#roots);
    const sum = all.reduce((total, { resident }) => total + resident, 0);
    this.peakMiB = Math.max(this.peakMiB, Math.round(sum / MIB));
    this.sleeping = Math.max(this.sleeping, all.filter(({ name }) => name === "sleep").length);
  }
}

/** Starts a program in a process group of its own, which Ctrl-C in a terminal does not reach. */
export function start(program: string, args: readonly string[], options: SpawnOptions, signal: AbortSignal) {
  signal.throwIfAborted();
  const child = spawn(program, args, { ...options, detached: true });
  signal.addEventListener("abort", () => killTree(child), { once: true });
  return child;
}

/** Waits for a program's end. @throws when it ended otherwise than with 0. */
export async function ended(child: ChildProcess, name: string): Promise<void> {
  const [code, how]: [number | null, string | null] =
    child.exitCode === null && child.signalCode === null
      ? ((await once(child, "exit")) as [number | null, string | null])
      : [child.exitCode, child.signalCode];
  if (code !== 0) throw new Error(`${name} ended with ${code ?? how}`);
}

/** Ends a process and everything that it started, also in other process groups. */
export function killTree(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  for (const { pid: each } of descendants(new Set([pid]))) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

function descendants(roots: ReadonlySet<number>): Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(name) ?? []);
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found = all.filter(({ pid }) => roots.has(pid));
  for (const { pid } of found) found.push(...(children.get(pid) ?? []).filter((child) => !roots.has(child.pid)));
  return found;
}

function look(pid: string): Process | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The name, in brackets, may hold anything; after it come state, parent, ... and, 22nd, resident pages.
  const end = stat.lastIndexOf(")");
  const fields = stat.slice(end + 2).split(" ");
  const name = stat.slice(stat.indexOf("(") + 1, end);
  return { pid: Number(pid), parent: Number(fields[1]), name, resident: Number(fields[21]) * PAGE };
}
