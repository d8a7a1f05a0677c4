import { setTimeout as sleep } from "node:timers/promises";
import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { AttendResult, DroneControlActivities } from "../model/activities.ts";
import type { DroneFacts } from "../model/fleet.ts";
import { News } from "./news.ts";

const HEARTBEAT_MS = 3_000;
/** Facts are looked at this often. ms */
const FACTS_MS = 15_000;

/** A drone's side of its liveness: the `attend` activity, and whether anybody attends it at all. */
export class Attendance {
  readonly #facts: () => Promise<DroneFacts>;
  readonly #news: News;
  readonly #leaving = new AbortController();
  #attended = 0;
  #lastAttended = Date.now();

  /** @param lowDiskGib with less free disk than this the swarm's alerts say so: it is told at once. */
  constructor(facts: () => Promise<DroneFacts>, lowDiskGib: number) {
    this.#facts = facts;
    this.#news = new News(lowDiskGib);
  }

  /** The facts of now, for the fleet: what differs from them later is told by `attend`. */
  async tell(): Promise<DroneFacts> {
    const facts = await this.#facts();
    this.#news.tell(facts);
    return facts;
  }

  /** Says goodbye: the fleet hears it as the activity's result. */
  leave(): void {
    this.#leaving.abort();
  }

  /** ms since somebody attended this drone; 0 while somebody does. A drone alone for long enrols again. */
  unattendedFor(): number {
    return this.#attended > 0 ? 0 : Date.now() - this.#lastAttended;
  }

  readonly attend: DroneControlActivities["attend"] = async ({ name, id, probe }) => {
    const context = Context.current();
    const first = await this.#facts();
    // Two machines with one name listen to one queue: the one that the fleet does not mean must not answer for the other.
    if (first.id !== id) throw ApplicationFailure.nonRetryable(`this machine is not the drone ${name} that was asked`);
    if (probe) return this.#report("facts", first);
    const stop = AbortSignal.any([this.#leaving.signal, context.cancellationSignal]);
    this.#attended++;
    try {
      return await this.#watch(context, stop);
    } finally {
      this.#attended--;
      this.#lastAttended = Date.now();
    }
  };

  /** Heartbeats until the drone leaves, or there is news of it. */
  async #watch(context: Context, stop: AbortSignal): Promise<AttendResult> {
    let next = Date.now() + FACTS_MS;
    for (;;) {
      context.heartbeat();
      await sleep(HEARTBEAT_MS, undefined, { signal: stop }).catch(() => {});
      if (this.#leaving.signal.aborted) return this.#report("leaving", await this.#facts());
      context.cancellationSignal.throwIfAborted();
      if (Date.now() < next) continue;
      next = Date.now() + FACTS_MS;
      const facts = await this.#facts();
      if (this.#news.isWorthTelling(facts)) return this.#report("facts", facts);
    }
  }

  #report(reason: AttendResult["reason"], facts: DroneFacts): AttendResult {
    this.#news.tell(facts);
    return { reason, facts };
  }
}
