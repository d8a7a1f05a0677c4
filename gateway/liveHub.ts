import type { Change, Live } from "../watch/live.ts";

/** What a stream may have waiting in this process before it is skipped forward. bytes */
const MAX_WAITING = 64 * 1024;
/** Who takes nothing for so long is dropped. ms */
const MAX_STALL_MS = 60_000;
/** Changes of packages and events are told together at most so often. ms */
const FLUSH_MS = 250;
/** ... and the state. ms */
const STATE_MS = 1_000;
/** Well under what proxies and the page take for silence. ms */
const PING_MS = 15_000;
/** What is kept for those who come back. entries, bytes */
const KEPT = 2_000;
const KEPT_BYTES = 2 * 1024 * 1024;
/** Events that a stream begins with; GET .../events has the others. */
const FIRST_EVENTS = 200;

/** Where a stream's bytes go, chunks of a response: its connection, or a test. */
export interface Sink {
  /** False: no more until `drain`. */
  write(bytes: Buffer): boolean;
  readonly writableLength: number;
  destroy(): void;
}

/** What is told of the state; the caller's role is added for each of them. */
export type StateOf = (live: Live) => object;

interface Entry {
  id: number;
  kind: "packages" | "run-event";
  frame: string;
  bytes: number;
}

interface Stream {
  sink: Sink;
  role: string | null;
  /** The last id that it was sent. */
  at: number;
  /** Whether its reader may read on; absent: everybody may. */
  isStill: (() => Promise<boolean>) | undefined;
  /** Since when it takes nothing; null: it does. ms */
  stalledAt: number | null;
}

/**
 * Tells any number of streams what changes. Everything is made into bytes once, whoever gets it. A stream that does not
 * keep up is sent nothing until it does, and then what is new since: from what is kept, else everything anew.
 */
export class LiveHub {
  readonly #live: () => Live | null;
  readonly #stateOf: StateOf;
  /** Ids of another gateway, or of this one before it was started again, mean nothing here. */
  readonly #epoch: string;
  readonly #streams = new Set<Stream>();
  #entries: Entry[] = [];
  #bytes = 0;
  #head = 0;
  /** Ids up to here are not all kept any more. */
  #forgotten = 0;
  /** JSON without its last brace, and its id. */
  #state: { id: number; json: string; run: string | null } | null = null;
  #stateSince = 0;
  /** Something of the state has changed since it was made. */
  #isDirty = true;
  /** The run that is shown. */
  #run: string | null = null;
  /** What was made of the entries since an id, by that id and the role; good until something is added. */
  #made = new Map<string, Buffer>();
  #flushTimer: NodeJS.Timeout | undefined;
  #flushAt = Number.POSITIVE_INFINITY;
  readonly #pingTimer: NodeJS.Timeout;

  constructor(live: () => Live | null, stateOf: StateOf, epoch: string) {
    this.#live = live;
    this.#stateOf = stateOf;
    this.#epoch = epoch;
    this.#pingTimer = setInterval(() => this.#ping(), PING_MS);
    this.#pingTimer.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** JSON of the state for a caller; null before the first look. Made once for each change. */
  stateFor(role: string | null): string | null {
    const state = this.#current();
    return state && closed(state.json, role, this.#at());
  }

  #at(): number {
    return this.#live()?.at ?? 0;
  }

  /** The id of the last change. */
  get revision(): string {
    return `${this.#epoch}-${this.#head}`;
  }

  /** What the watcher tells. */
  take(change: Change): void {
    if (change.type === "reading") {
      this.#run = change.reading.run?.run ?? null;
      this.touch();
    } else if (change.type === "packages") {
      if (change.full) this.#forget("packages");
      this.#add("packages", JSON.stringify({ full: change.full, packages: change.packages }));
      this.#plan(FLUSH_MS);
    } else {
      if (change.full) this.#forget("run-event");
      for (const event of change.events) this.#add("run-event", JSON.stringify(event));
      this.#plan(FLUSH_MS);
    }
  }

  /** Something of the state is another now. */
  touch(): void {
    this.#isDirty = true;
    this.#plan(FLUSH_MS);
  }

  /** It hears of no changes for a while: what was told before is of no use to those who come back. */
  forgetAll(): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#forgotten = this.#head;
    this.#isDirty = true;
  }

  /** Begins to send; the sink's owner calls `drained` when it may go on, and `leave` when it is gone. */
  join(
    sink: Sink,
    { role, isStill }: { role: string | null; isStill?: (() => Promise<boolean>) | undefined },
    lastId: string | undefined,
  ): { drained: () => void; leave: () => void } {
    const stream: Stream = { sink, role, at: this.#idOf(lastId), isStill, stalledAt: null };
    this.#streams.add(stream);
    this.#send(stream);
    return {
      drained: () => {
        if (!this.#streams.has(stream)) return;
        stream.stalledAt = null;
        this.#send(stream);
      },
      leave: () => void this.#streams.delete(stream),
    };
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#pingTimer);
    clearTimeout(this.#flushTimer);
    for (const { sink } of this.#streams) sink.destroy();
    this.#streams.clear();
  }

  /** -1: everything is needed. */
  #idOf(lastId: string | undefined): number {
    const [, epoch, id] = /^([0-9a-f]+)-(\d{1,15})$/.exec(lastId ?? "") ?? [];
    const number = epoch === this.#epoch ? Number(id) : -1;
    return number > this.#head ? -1 : number;
  }

  #current(): { id: number; json: string } | null {
    if (!this.#isDirty && this.#state) return this.#state;
    const live = this.#live();
    if (live === null) return null;
    this.#isDirty = false;
    this.#stateSince = Date.now();
    const { at: _at, ...state }: { at?: number } = this.#stateOf(live);
    const json = JSON.stringify(state).slice(0, -1);
    this.#state = { id: this.#nextId(), json, run: live.reading.run?.run ?? null };
    return this.#state;
  }

  #nextId(): number {
    this.#made.clear();
    return ++this.#head;
  }

  #add(kind: Entry["kind"], data: string): void {
    const id = this.#nextId();
    const frame = `id: ${this.#epoch}-${id}\n${frameOf(kind, data)}`;
    const entry = { id, kind, frame, bytes: frame.length };
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    while (this.#entries.length > KEPT || this.#bytes > KEPT_BYTES) {
      const oldest = this.#entries.shift();
      if (!oldest) break;
      this.#bytes -= oldest.bytes;
      this.#forgotten = oldest.id;
    }
  }

  /** What was told of another run, or is told anew as a whole, is of no use to those who come back. */
  #forget(kind: Entry["kind"]): void {
    this.#entries = this.#entries.filter((entry) => entry.kind !== kind);
    this.#bytes = this.#entries.reduce((sum, { bytes }) => sum + bytes, 0);
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
    if (this.#isDirty) {
      const wait = this.#stateSince + STATE_MS - Date.now();
      if (wait <= 0) this.#current();
      else this.#plan(wait);
    }
    for (const stream of this.#streams) this.#send(stream);
  }

  #send(stream: Stream): void {
    if (stream.stalledAt !== null) return;
    const bytes = this.#since(stream.at, stream.role);
    if (bytes === null) return;
    stream.at = this.#head;
    if (!stream.sink.write(bytes) && stream.sink.writableLength > MAX_WAITING) stream.stalledAt = Date.now();
  }

  /** What a stream has not heard that heard everything up to `at`; null: nothing. */
  #since(at: number, role: string | null): Buffer | null {
    // A stream must hear of another run before it hears of its packages.
    if (this.#isDirty && this.#state?.run !== this.#run) this.#current();
    const isWhole = at < this.#forgotten || at < 0;
    // Before the first look there is nothing to tell; the first one tells everything.
    if (isWhole && this.#current() === null) return null;
    if (at === this.#head) return null;
    const key = `${isWhole ? "all" : at} ${role}`;
    const known = this.#made.get(key);
    if (known) return known;
    const made = chunk(isWhole ? this.#whole(role) : this.#changes(at, role));
    this.#made.set(key, made);
    return made;
  }

  #changes(at: number, role: string | null): string {
    const state = this.#state && this.#state.id > at ? stateFrame(this.#state, role, this.#at()) : "";
    return state + this.#entries.map(({ id, frame }) => (id > at ? frame : "")).join("");
  }

  #whole(role: string | null): string {
    const live = this.#live();
    const state = this.#state ? stateFrame(this.#state, role, this.#at()) : "";
    if (!live) return state;
    const frames = [
      frameOf("packages", JSON.stringify({ full: true, packages: live.packages })),
      ...live.events.slice(-FIRST_EVENTS).map((event) => frameOf("run-event", JSON.stringify(event))),
    ];
    // The id comes with the last one: who has it has them all.
    return `${state}${frames.slice(0, -1).join("")}id: ${this.#epoch}-${this.#head}\n${frames.at(-1)}`;
  }

  #ping(): void {
    const bytes = chunk(`event: ping\ndata: ${Date.now()}\n\n`);
    for (const stream of this.#streams) {
      // A token that was taken away, or has expired, ends what it opened.
      void stream.isStill?.().then((isGood) => isGood || stream.sink.destroy());
      if (stream.stalledAt === null) stream.sink.write(bytes);
      else if (Date.now() - stream.stalledAt > MAX_STALL_MS) stream.sink.destroy();
    }
  }
}

/** As HTTP/1.1 has it in a chunked answer, so that all connections get the same bytes: one write each, nothing copied. */
function chunk(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

/** Without an id: those of what follows it tell how far a stream is. */
function stateFrame({ json }: { json: string }, role: string | null, at: number): string {
  return frameOf("state", closed(json, role, at));
}

function frameOf(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

/** The state's JSON with the role of who gets it, and when the engine answered last: that alone is no change. */
function closed(json: string, role: string | null, at: number): string {
  return `${json},"at":${at},"role":${JSON.stringify(role)}}`;
}
