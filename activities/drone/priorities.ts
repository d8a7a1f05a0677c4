import type { BuildOrder } from "../../model/build.ts";
import { niceOf, urgency } from "../../scheduler/sharing.ts";
import type { Attempt } from "./attempt.ts";
import { requestNice, usageOf } from "./supervisor.ts";

/** What decides the priority of a running build. */
export interface Weighed {
  order: Pick<BuildOrder, "nice" | "tail" | "estimate">;
  /** Core-seconds that it has used so far, of this drone's cores. */
  used: number;
}

/** How long a priority stands while nothing starts or ends. ms */
const EVERY_MS = 5_000;

/**
 * nice values of the builds that run beside each other, in their order. One that came without estimate keeps its order's.
 * @param speed of this drone's cores: core-seconds of an estimate that one does in a second.
 */
export function decideNice(builds: readonly Weighed[], cores: number, speed: number): number[] {
  const urgencies = builds.map(({ order: { tail, estimate }, used }) =>
    tail === undefined || estimate === undefined
      ? null
      : urgency({ tail, work: estimate, sigma: estimate.sigma, used: used * speed }, cores),
  );
  const values = niceOf(urgencies.filter((it) => it !== null));
  let next = 0;
  return builds.map(({ order }, i) => (urgencies[i] === null ? order.nice : (values[next++] ?? order.nice)));
}

/** Keeps the priorities of the builds that this drone watches in proportion, while they run. */
export class Priorities {
  readonly #cores: number;
  readonly #speed: number;
  readonly #log: (message: string) => void;
  /** Attempt directory -> the build, and what was asked for last. */
  readonly #running = new Map<string, { attempt: Attempt; asked: number | null }>();
  #timer: NodeJS.Timeout | null = null;
  #complained = false;
  /** One round at a time: an older one must not have the last word. */
  #round: Promise<void> = Promise.resolve();

  constructor(drone: { cores: number; speed: number }, log: (message: string) => void) {
    this.#cores = drone.cores;
    this.#speed = drone.speed;
    this.#log = log;
  }

  /** From now on the build counts. It may have run before, with whatever priority. */
  add(attempt: Attempt): void {
    this.#running.set(attempt.directory, { attempt, asked: null });
    this.#timer ??= setInterval(() => this.#balance(), EVERY_MS).unref();
    this.#balance();
  }

  remove({ directory }: Attempt): void {
    if (!this.#running.delete(directory)) return;
    if (this.#running.size > 0) {
      this.#balance();
      return;
    }
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #balance(): void {
    this.#round = this.#round.then(() => this.#decide()).catch((error) => this.#complain(String(error)));
  }

  async #decide(): Promise<void> {
    const builds = [...this.#running.values()];
    const usages = await Promise.all(builds.map(({ attempt }) => usageOf(attempt)));
    const weighed = builds.map(({ attempt: { order } }, i) => ({ order, used: usages[i]?.cpuSeconds ?? 0 }));
    const values = decideNice(weighed, this.#cores, this.#speed);
    for (const [i, build] of builds.entries()) {
      const refused = usages[i]?.refused ?? null;
      if (refused !== null) this.#complain(refused);
      const nice = values[i] ?? build.attempt.order.nice;
      // It may have ended meanwhile, and its directory be gone.
      if (nice === build.asked || !this.#running.has(build.attempt.directory)) continue;
      await requestNice(build.attempt, nice);
      build.asked = nice;
    }
  }

  #complain(reason: string): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#log(
      `priorities of builds cannot be set as they should (${reason}): they keep the lower ones. ` +
        "Run the drone as root, or allow its user nice 0 (LimitNICE=0 in a systemd unit)",
    );
  }
}
