import { cpuMs, memory } from "../processes.ts";

/** What a process has used, as far as it was looked at. */
export interface Usage {
  /** Peak of resident memory. MiB */
  peak: number;
  /** Processor time. ms */
  cpu: number;
}

const EVERY_MS = 1_000;

/** Watches processes, so that what a killed one has used is known too. */
export class Sampler {
  readonly #pids = new Map<string, number>();
  readonly #usage = new Map<string, Usage>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  watch(name: string, pid: number | undefined): void {
    if (pid !== undefined) this.#pids.set(name, pid);
    this.#look();
  }

  /** ms of processor time of all processes so far. */
  cpu(): number {
    this.#look();
    return [...this.#usage.values()].reduce((sum, { cpu }) => sum + cpu, 0);
  }

  usage(): Record<string, Usage> {
    return Object.fromEntries(this.#usage);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const [name, pid] of this.#pids) {
      try {
        const peak = memory(pid, "VmHWM");
        if (!Number.isFinite(peak)) throw new Error(`${name} has ended, and was not waited for yet`);
        this.#usage.set(name, { peak, cpu: cpuMs(pid) });
      } catch {
        // It has been killed: what was seen last stays.
        this.#pids.delete(name);
      }
    }
  }
}
