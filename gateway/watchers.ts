import { randomBytes } from "node:crypto";
import type { Access } from "../operations/access.ts";
import { within } from "../system/within.ts";
import type { Live } from "../watch/live.ts";
import { Watcher } from "../watch/watcher.ts";
import { HttpError } from "./errors.ts";
import { LiveHub } from "./liveHub.ts";
import type { SlowReaders } from "./slowReaders.ts";
import type { StateOf } from "./told.ts";

/** What nobody asks for any more is no longer looked at closely after this, and a target by name not at all. ms */
const IDLE_MS = 60_000;
/** Targets that are looked at by name at the same time. */
const MAX_TARGETS = 16;
/** What is shown to the first who asks after a while may be so old. ms */
const FRESH_MS = 2_000;
/** ... and is waited for so long; then the last that is known is told. ms */
const WITHIN_MS = 6_000;

/** What is counted may be so old, and is waited for so long: Prometheus itself waits ten seconds. ms */
const GLANCE_MS = 10_000;
const GLANCE_WITHIN_MS = 2_000;

/** One look at the swarm, and the streams that it is told to. */
export interface Watch {
  watcher: Watcher;
  hub: LiveHub;
}

interface Kept extends Watch {
  usedAt: number;
  /** Ends that the hub hears of changes; null: it does not. */
  unsubscribe: (() => void) | null;
}

/** The looks of a gateway: one for whoever names no target, and one for each target that is asked for. */
export class Watchers {
  readonly #access: Access;
  readonly #stateOf: StateOf;
  readonly #slow: SlowReaders;
  readonly #log: (line: string) => void;
  readonly #byTarget = new Map<string, Kept>();
  readonly #general: Kept;
  readonly #sweep: NodeJS.Timeout;

  constructor(access: Access, stateOf: StateOf, slow: SlowReaders, log: (line: string) => void) {
    this.#access = access;
    this.#stateOf = stateOf;
    this.#slow = slow;
    this.#log = log;
    this.#general = this.#begin(undefined);
    this.#sweep = setInterval(() => this.#endIdle(), IDLE_MS / 4);
    this.#sweep.unref();
  }

  /**
   * The look that shows a target; without one, the run in progress, else the latest. A stream of a target must say so when
   * it joins: the look may be that of all, which shows another target one day.
   */
  of(target: string | undefined): Watch {
    const kept = this.#kept(target);
    this.#wake(kept);
    return kept;
  }

  /** What is known: as new as can be while somebody asks again and again. */
  async live(target: string | undefined): Promise<Live> {
    return (await this.#look(target)).live;
  }

  /** Every target's latest run, the one that is shown first; for those who count, not as new as can be. */
  async glance(): Promise<Live[]> {
    const shown = await this.live(undefined);
    const { run, targets, others } = shown.reading;
    const names = new Set([...others.map(({ target }) => target), ...(targets ?? [])]);
    if (run) names.delete(run.target);
    const lives = await Promise.all([...names].slice(0, MAX_TARGETS).map((target) => this.#glanceAt(target)));
    return [shown, ...lives.filter((live) => live !== null)];
  }

  async #glanceAt(target: string): Promise<Live | null> {
    try {
      const kept = this.#kept(target);
      kept.usedAt = Date.now();
      return (await within(kept.watcher.fresh(GLANCE_MS), GLANCE_WITHIN_MS)) ?? kept.watcher.current();
    } catch {
      // All places are taken, or it went meanwhile.
      return null;
    }
  }

  /** JSON of the state for a caller. */
  async state(target: string | undefined, role: string | null): Promise<string> {
    const { kept } = await this.#look(target);
    const state = kept.hub.stateFor(role);
    if (state !== null) return state;
    throw new HttpError(503, "nothing is known of the swarm yet", "Try again in a moment.");
  }

  async #look(target: string | undefined): Promise<{ kept: Kept; live: Live }> {
    // It may be new.
    if (target !== undefined && this.#isUnknown(target)) await within(this.#general.watcher.next(), WITHIN_MS);
    const own = target === undefined ? undefined : this.#byTarget.get(target);
    // Who follows a target asks beside that too: it must be told no older things there. Else for one look the general one
    // will do, if it shows that target now, and still does after it has looked.
    const isGeneral = target === undefined || (!own?.unsubscribe && this.#shows(target));
    let kept = isGeneral ? this.#general : this.#kept(target);
    let live = await this.#known(kept);
    if (target !== undefined && kept === this.#general && !this.#shows(target)) {
      kept = this.#kept(target);
      live = await this.#known(kept);
    }
    if (live) return { kept, live };
    throw new HttpError(503, "nothing is known of the swarm yet", "Try again in a moment.");
  }

  async #known(kept: Kept): Promise<Live | null> {
    const isAwake = kept.unsubscribe !== null;
    this.#wake(kept);
    const { watcher } = kept;
    const known = watcher.current();
    if (isAwake && known) return known;
    return (await within(watcher.fresh(FRESH_MS), WITHIN_MS)) ?? watcher.current();
  }

  /** Why what is known may be old, as the last look said, whenever that was. */
  get stale(): string | null {
    return this.#general.watcher.current()?.stale ?? null;
  }

  /** Somebody hears of changes. */
  get isWatched(): boolean {
    return [this.#general, ...this.#byTarget.values()].some(({ hub }) => hub.size > 0);
  }

  /** Something that all states show has changed. */
  touch(): void {
    for (const { hub } of [this.#general, ...this.#byTarget.values()]) hub.touch();
  }

  /** Looks at once, after something was done. */
  refresh(): void {
    for (const { watcher } of [this.#general, ...this.#byTarget.values()]) void watcher.now();
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([this.#general, ...this.#byTarget.values()].map(end));
  }

  /** The general look shows it now. */
  #shows(target: string): boolean {
    return this.#general.watcher.current()?.reading.run?.target === target;
  }

  /** Where there is but one target the general look shows it: no second one is needed. */
  #isOnly(target: string): boolean {
    const reading = this.#general.watcher.current()?.reading;
    if (!reading?.targets || !this.#shows(target)) return false;
    return reading.others.length === 0 && reading.targets.every((other) => other === target);
  }

  /** The binhost has no such target, and nothing of it runs: looking for what others made up would end the places. */
  #isUnknown(target: string): boolean {
    const reading = this.#general.watcher.current()?.reading;
    if (!reading?.targets || reading.targets.includes(target)) return false;
    return reading.run?.target !== target && !reading.others.some((other) => other.target === target);
  }

  #kept(target: string | undefined): Kept {
    if (target === undefined || this.#isOnly(target)) return this.#general;
    const known = this.#byTarget.get(target);
    if (known) return known;
    if (this.#isUnknown(target))
      throw new HttpError(404, `there is no target ${target}`, "GET /api/v1/state lists them.");
    if (this.#byTarget.size >= MAX_TARGETS) this.#makePlace();
    const kept = this.#begin(target);
    this.#byTarget.set(target, kept);
    return kept;
  }

  /** Ends the look that nobody has used for longest. HttpError: all are watched. */
  #makePlace(): void {
    const [idle] = [...this.#byTarget]
      .filter(([, { hub }]) => hub.size === 0)
      .sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (!idle) throw new HttpError(503, "too many targets are watched just now", "Try again in a minute.", 60);
    const [target, kept] = idle;
    this.#byTarget.delete(target);
    void end(kept);
  }

  #begin(target: string | undefined): Kept {
    const watcher = new Watcher(this.#access, { log: this.#log, ...(target === undefined ? {} : { target }) });
    const hub = new LiveHub(() => watcher.current(), this.#stateOf, randomBytes(6).toString("hex"), this.#slow);
    watcher.start();
    return { watcher, hub, usedAt: Date.now(), unsubscribe: null };
  }

  #wake(kept: Kept): void {
    kept.usedAt = Date.now();
    if (kept.unsubscribe) return;
    kept.unsubscribe = kept.watcher.subscribe((change) => kept.hub.take(change));
    // What was told while it did not hear is not told again.
    kept.hub.touch();
  }

  #endIdle(): void {
    for (const [target, kept] of [[null, this.#general] as const, ...this.#byTarget]) {
      if (kept.hub.size > 0) kept.usedAt = Date.now();
      if (Date.now() - kept.usedAt < IDLE_MS) continue;
      kept.unsubscribe?.();
      kept.unsubscribe = null;
      kept.hub.forgetAll();
      if (target === null) continue;
      this.#byTarget.delete(target);
      void end(kept);
    }
  }
}

async function end({ watcher, hub, unsubscribe }: Kept): Promise<void> {
  unsubscribe?.();
  hub.close();
  await watcher.stop();
}
