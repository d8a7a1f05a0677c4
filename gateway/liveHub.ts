import type { Change, Live } from "../watch/live.ts";
import { Outlet, type Sink } from "./outlet.ts";
import { Parcel } from "./parcel.ts";
import type { SlowReaders } from "./slowReaders.ts";
import { type StateOf, Told } from "./told.ts";

/** Changes are told together at most so often. ms */
const FLUSH_MS = 250;
/** Well under what proxies and the page take for silence. ms */
const PING_MS = 15_000;

/** Who reads a stream. */
export interface Audience {
  role: string | null;
  /** Whether its reader may read on; absent: everybody may. */
  isStill?: (() => Promise<boolean>) | undefined;
  /** The target that it asked for: it hears of no other. */
  target?: string | undefined;
  /** Its answer is in chunks, as HTTP/1.1 has it. */
  isChunked: boolean;
}

interface Stream extends Audience {
  sink: Sink;
  outlet: Outlet;
  /** The last id that it was sent. */
  at: number;
  /** Ends that anybody looks after it. */
  release: () => void;
}

/**
 * Tells any number of streams what changes. A stream that does not keep up is sent nothing until it does, and then what is
 * new since: from what is kept, else everything anew.
 */
export class LiveHub {
  readonly #told: Told;
  readonly #slow: SlowReaders;
  readonly #streams = new Set<Stream>();
  /** Another run begins to be shown, nobody knows which: nothing is told until that is said. */
  #isBetween = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #flushAt = Number.POSITIVE_INFINITY;
  readonly #pingTimer: NodeJS.Timeout;

  constructor(live: () => Live | null, stateOf: StateOf, epoch: string, slow: SlowReaders) {
    this.#told = new Told(live, stateOf, epoch);
    this.#slow = slow;
    this.#pingTimer = setInterval(() => this.#ping(), PING_MS);
    this.#pingTimer.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** JSON of the state for a caller; null before the first look. */
  stateFor(role: string | null): string | null {
    return this.#told.stateFor(role);
  }

  /** What the watcher tells. */
  take(change: Change): void {
    this.#told.take(change);
    if (change.type === "event" && change.full) this.#isBetween = true;
    if (change.type === "reading") {
      this.#isBetween = false;
      const target = change.reading.run?.target;
      for (const stream of this.#streams) {
        if (target !== undefined && stream.target !== undefined && stream.target !== target) this.#end(stream);
      }
    }
    this.#plan(FLUSH_MS);
  }

  /** Something of the state is another now. */
  touch(): void {
    this.#told.touch();
    this.#plan(FLUSH_MS);
  }

  /** It hears of no changes for a while: what was told before is of no use to those who come back. */
  forgetAll(): void {
    this.#told.forgetAll();
    this.#isBetween = false;
  }

  /** Begins to send; the sink's owner calls `drained` when it may go on, and `leave` when it is gone. */
  join(sink: Sink, audience: Audience, lastId: string | undefined): { drained: () => void; leave: () => void } {
    const outlet = new Outlet(sink, audience.isChunked);
    const stream: Stream = { ...audience, sink, outlet, at: this.#told.idOf(lastId), release: () => {} };
    stream.release = this.#slow.add({
      get waiting() {
        return outlet.waiting;
      },
      get taken() {
        return outlet.taken;
      },
      connection: sink,
      drop: () => this.#end(stream),
    });
    this.#streams.add(stream);
    this.#send(stream);
    return {
      drained: () => {
        if (!this.#streams.has(stream)) return;
        outlet.goOn();
        this.#send(stream);
      },
      leave: () => this.#forget(stream),
    };
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#pingTimer);
    clearTimeout(this.#flushTimer);
    for (const stream of this.#streams) this.#end(stream);
  }

  /** Its reader comes back where it can. */
  #end(stream: Stream): void {
    this.#forget(stream);
    stream.sink.destroy();
  }

  #forget(stream: Stream): void {
    if (!this.#streams.delete(stream)) return;
    stream.release();
    stream.outlet.close();
  }

  #plan(inMs: number): void {
    const at = Date.now() + inMs;
    if (this.#flushAt <= at) return;
    clearTimeout(this.#flushTimer);
    this.#flushAt = at;
    this.#flushTimer = setTimeout(() => this.#flush(), inMs);
    this.#flushTimer.unref();
  }

  #flush(): void {
    this.#flushAt = Number.POSITIVE_INFINITY;
    if (this.#isBetween) return;
    const wait = this.#told.renew();
    if (wait > 0) this.#plan(wait);
    for (const stream of this.#streams) this.#send(stream);
  }

  #send(stream: Stream): void {
    while (!this.#isBetween && stream.outlet.isFree) {
      const parcel = this.#told.since(stream.at, stream.role);
      if (parcel === null) return;
      stream.at = parcel.upTo;
      stream.outlet.send(parcel);
    }
  }

  #ping(): void {
    const ping = new Parcel(`event: ping\ndata: ${Date.now()}\n\n`, 0);
    for (const stream of this.#streams) {
      // A token that was taken away, or has expired, ends what it opened.
      void stream.isStill?.().then((isGood) => isGood || this.#end(stream));
      if (stream.outlet.isFree) stream.outlet.send(ping);
    }
  }
}
