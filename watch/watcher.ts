import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../model/errors.ts";
import type { RunEvent } from "../model/events.ts";
import type { Reading } from "../model/reading.ts";
import type { PackageView } from "../model/run.ts";
import type { Access } from "../operations/access.ts";
import { read } from "../operations/readModel.ts";
import { changesQuery, worldUpdateId } from "../workflows/messages.ts";
import { BinhostLook } from "./binhostLook.ts";
import { followRun } from "./follower.ts";
import { type Change, carried, type Live, MAX_EVENTS, staleness } from "./live.ts";

/** The engine is asked anew no sooner than this after the last answer, whatever happens. ms */
const LEAST_MS = 500;
/** ... and after this if nothing happened in the run; a drone's word of its builds comes so often. ms */
const MOST_MS = 1_000;
/** ... where nobody looks. ms */
const UNWATCHED_MS = 30_000;
/** What has changed of the packages is asked as soon as something happened, but not sooner after the last answer. ms */
const PACKAGES_MS = 300;
/** So long an orchestrator may take for that: what else is known must not wait for one that was just killed. ms */
const ANSWER_WITHIN_MS = 3_000;
/** Where a history ended and its run did not, it is asked for again after so long. ms */
const AGAIN_MS = 5_000;

/**
 * Looks at the swarm for any number of watchers: however many there are, the engine is asked once. A run's history is
 * followed beside by one question that waits; what comes there is told at once.
 */
export class Watcher {
  readonly #access: Access;
  readonly #target: string | undefined;
  readonly #log: (line: string) => void;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #stop = new AbortController();
  readonly #binhost = new BinhostLook();
  #reading: Reading | null = null;
  #at = 0;
  #packages = new Map<string, PackageView>();
  #revision: string | null = null;
  #events: RunEvent[] = [];
  #told = "";
  /** `#packages` as a list, until something of it changes. */
  #list: readonly PackageView[] | null = null;
  /** The run whose history is followed, and when that came to its end. */
  #followed: { target: string; abort: AbortController; endedAt: number | null } | null = null;
  #looking: Promise<void> | null = null;
  #lookedAt = 0;
  /** Something happened in the run since the engine was last asked. */
  #happened = false;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | null = null;
  /** The last question for packages had no answer. */
  #missed = false;
  #packagesTimer: NodeJS.Timeout | undefined;

  /** @param target whose run is shown; absent: the one in progress, else the latest. */
  constructor(access: Access, { target, log }: { target?: string; log: (line: string) => void }) {
    this.#access = access;
    this.#target = target;
    this.#log = log;
  }

  start(): void {
    void this.now();
  }

  /** No listener hears anything after this. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#packagesTimer);
    this.#followed?.abort.abort();
    this.#listeners.clear();
    await Promise.all([this.#looking, this.#asking]);
  }

  /** What is known; null before the first look. */
  current(): Live | null {
    if (!this.#reading) return null;
    this.#list ??= [...this.#packages.values()];
    return {
      reading: this.#reading,
      packages: this.#list,
      revision: this.#revision,
      events: this.#events,
      at: this.#at,
      stale: staleness(this.#reading),
    };
  }

  /** What is known, no older than `ms`. */
  async fresh(ms: number): Promise<Live | null> {
    if (Date.now() - this.#lookedAt > ms) await this.now();
    return this.current();
  }

  /** What a look tells that begins after this was asked, as soon as there may be one; those who ask meanwhile share it. */
  async next(): Promise<Live | null> {
    await this.#looking;
    const before = this.#lookedAt;
    await sleep(Math.max(0, before + LEAST_MS - Date.now()));
    if (this.#lookedAt === before) await this.now();
    return this.current();
  }

  /** Tells a listener of every change from now on. Returns what ends that. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    this.#schedule();
    return () => void this.#listeners.delete(listener);
  }

  /** Looks at once; those who ask at the same time share the look. */
  now(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
      this.#schedule();
    });
    return this.#looking;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted || this.#looking) return;
    const pause = this.#listeners.size === 0 ? UNWATCHED_MS : this.#happened ? LEAST_MS : MOST_MS;
    this.#timer = setTimeout(() => void this.now(), Math.max(0, this.#lookedAt + pause - Date.now()));
    // It keeps no process alive that has nothing else to do.
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#happened = false;
    const asked = Date.now();
    try {
      const now = await read(this.#access, this.#target, (...asked) => this.#binhost.read(...asked));
      if (this.#stop.signal.aborted) return;
      const reading = carried(now, this.#reading);
      if (staleness(now) === null) this.#at = now.at;
      const isOther = reading.run?.run !== this.#reading?.run?.run;
      const isMoved = JSON.stringify(reading.run?.counts) !== JSON.stringify(this.#reading?.run?.counts);
      if (isOther) this.#showOther(reading.run?.run ?? null, reading.run?.target ?? "");
      else if (now.run?.endedAt === null && (this.#followed?.endedAt ?? asked) < asked - AGAIN_MS) {
        this.#follow(now.run.run, now.run.target);
      }
      // First the packages: who sees that a run has come further finds them so.
      if (now.run && (isOther || isMoved || this.#revision === null || this.#missed)) {
        await this.#packagesNow(now.run.target);
      }
      this.#reading = reading;
      this.#tellReading();
    } catch (error) {
      // `read` tells what does not answer in its reading; this is a defect or a file that cannot be read.
      this.#log(`cannot look at the swarm: ${messageOf(error)}`);
    } finally {
      this.#lookedAt = Date.now();
    }
  }

  #tellReading(): void {
    if (!this.#reading) return;
    const stale = staleness(this.#reading);
    const { at: _at, ...content } = this.#reading;
    const told = JSON.stringify([content, stale]);
    if (told === this.#told) return;
    this.#told = told;
    this.#tell({ type: "reading", reading: this.#reading, at: this.#at, stale });
  }

  /** One question at a time: who asks while one is under way waits for that answer and asks again. */
  async #packagesNow(target: string): Promise<void> {
    while (this.#asking) await this.#asking;
    if (this.#stop.signal.aborted) return;
    this.#asking = this.#askPackages(target).finally(() => {
      this.#asking = null;
    });
    await this.#asking;
  }

  #packagesSoon(target: string): void {
    this.#packagesTimer ??= setTimeout(() => {
      this.#packagesTimer = undefined;
      void this.#packagesNow(target);
    }, PACKAGES_MS).unref();
  }

  async #askPackages(target: string): Promise<void> {
    const answer = await this.#access
      .client()
      .then((client) =>
        client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
          client.workflow.getHandle(worldUpdateId(target)).query(changesQuery, this.#revision),
        ),
      )
      .catch(() => null);
    // Asked again with the next look.
    this.#missed = answer === null;
    if (!answer || this.#stop.signal.aborted || this.#followed?.target !== target) return;
    this.#revision = answer.revision;
    if (answer.full || answer.packages.length > 0) this.#list = null;
    if (answer.full) this.#packages.clear();
    for (const each of answer.packages) this.#packages.set(each.cpv, each);
    if (answer.full || answer.packages.length > 0) {
      this.#tell({ type: "packages", full: answer.full, packages: answer.packages });
    }
  }

  /** Another run is shown from now on. */
  #showOther(run: string | null, target: string): void {
    this.#followed?.abort.abort();
    this.#followed = null;
    this.#packages.clear();
    this.#list = null;
    this.#revision = null;
    this.#tell({ type: "packages", full: true, packages: [] });
    if (run !== null) this.#follow(run, target);
    else this.#tellNoEvents();
  }

  #tellNoEvents(): void {
    this.#events = [];
    this.#tell({ type: "event", full: true, events: [] });
    // Which run these are of is told with the reading, also where that is as it was.
    this.#told = "";
  }

  #follow(run: string, target: string): void {
    this.#tellNoEvents();
    const abort = new AbortController();
    const followed = { target, abort, endedAt: null as number | null };
    this.#followed = followed;
    const take = (events: RunEvent[]): void => {
      if (abort.signal.aborted) return;
      this.#events = [...this.#events, ...events].slice(-MAX_EVENTS);
      this.#tell({ type: "event", full: false, events });
    };
    const wake = (): void => {
      if (abort.signal.aborted) return;
      this.#happened = true;
      this.#schedule();
      if (this.#listeners.size > 0) this.#packagesSoon(target);
      else this.#missed = true;
    };
    const workflow = { workflowId: worldUpdateId(target), runId: null };
    void followRun(() => this.#access.client(), workflow, abort.signal, take, wake)
      .catch((error: unknown) => this.#log(`cannot follow ${run}: ${messageOf(error)}`))
      .finally(() => {
        followed.endedAt = Date.now();
      });
  }

  #tell(change: Change): void {
    if (this.#stop.signal.aborted) return;
    for (const listener of this.#listeners) listener(change);
  }
}
