import { messageOf } from "../model/errors.ts";
import { bytes, count } from "../model/words.ts";
import type { Limits } from "./limits.ts";
import { type Ports, sendQueues } from "./sendQueues.ts";

/** Somebody who is sent a stream. */
export interface Reader {
  /** What this process keeps for it: its part of what it shares with others. bytes */
  readonly waiting: number;
  /** What the system has taken for it so far. bytes */
  readonly taken: number;
  readonly connection: Ports;
  drop(): void;
}

interface Seen {
  reader: Reader;
  waiting: number;
  taken: number;
  /** What the system had still to bring it, when that was last looked at. bytes */
  queued: number | undefined;
  /** When it took something last, or nothing waited for it. ms */
  at: number;
}

/** The log says at most so often that some were dropped. ms */
const SAID_MS = 60_000;

/**
 * Looks after all who read streams: one that takes something is waited for, however slow it is, one that takes nothing is
 * dropped after a while. And where more waits for all of them than this process should keep, those for whom most waits, and
 * longest, are dropped: they come back, and what they have missed is told then.
 */
export class SlowReaders {
  readonly #limits: Pick<Limits, "waiting" | "stallMs">;
  readonly #log: (line: string) => void;
  readonly #readers = new Set<Seen>();
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;
  #queuesAt = 0;
  #dropped = 0;
  #saidAt = 0;

  constructor(limits: Pick<Limits, "waiting" | "stallMs" | "checkReadersMs">, log: (line: string) => void) {
    this.#limits = limits;
    this.#log = log;
    this.#timer = setInterval(() => void this.#look(), limits.checkReadersMs);
    this.#timer.unref();
  }

  /** Looks after one from now on; returns what ends that. */
  add(reader: Reader): () => void {
    const seen: Seen = { reader, waiting: 0, taken: 0, queued: undefined, at: Date.now() };
    this.#readers.add(seen);
    return () => void this.#readers.delete(seen);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#readers.clear();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const slow = this.#slow();
      await this.#askSystem(slow);
      this.#dropStalled(slow);
      this.#relieve();
    } catch (error) {
      this.#log(`cannot look after slow readers: ${messageOf(error)}`);
    } finally {
      this.#isLooking = false;
    }
  }

  /** Those for whom something waits. */
  #slow(): Seen[] {
    const slow: Seen[] = [];
    for (const seen of this.#readers) {
      const { waiting, taken } = seen.reader;
      if (waiting === 0 || taken !== seen.taken) {
        seen.at = Date.now();
        seen.queued = undefined;
      }
      seen.waiting = waiting;
      seen.taken = taken;
      if (waiting > 0) slow.push(seen);
    }
    return slow;
  }

  /** Of who seems to take nothing the system may know more. */
  async #askSystem(slow: readonly Seen[]): Promise<void> {
    const { stallMs } = this.#limits;
    const since = Date.now();
    const doubtful = slow.filter(({ at }) => since - at > stallMs / 4);
    if (doubtful.length === 0 || since - this.#queuesAt < stallMs / 8) return;
    this.#queuesAt = since;
    const queued = await sendQueues();
    for (const seen of doubtful) {
      const now = queued(seen.reader.connection);
      if (now !== undefined && seen.queued !== undefined && now < seen.queued) seen.at = Date.now();
      seen.queued = now;
    }
  }

  #dropStalled(slow: readonly Seen[]): void {
    for (const seen of slow) if (Date.now() - seen.at > this.#limits.stallMs) this.#drop(seen);
  }

  #relieve(): void {
    const now = Date.now();
    let all = 0;
    for (const { waiting } of this.#readers) all += waiting;
    let left = all;
    if (left <= this.#limits.waiting) return;
    const weight = ({ waiting, at }: Seen): number => waiting * (1_000 + now - at);
    for (const seen of [...this.#readers].sort((a, b) => weight(b) - weight(a))) {
      if (left <= this.#limits.waiting) break;
      left -= seen.waiting;
      this.#dropped++;
      this.#drop(seen);
    }
    if (now - this.#saidAt < SAID_MS) return;
    this.#saidAt = now;
    const kept = bytes(this.#limits.waiting);
    this.#log(`dropped ${count(this.#dropped, "slow reader")}: ${bytes(all)} waited for all, at most ${kept} may`);
    this.#dropped = 0;
  }

  #drop(seen: Seen): void {
    // It may have left meanwhile.
    if (this.#readers.delete(seen)) seen.reader.drop();
  }
}
