import type { Change, Live } from "../watch/live.ts";
import { closed, frameOf, Parcel } from "./parcel.ts";

/** The state is made anew at most so often. ms */
const STATE_MS = 400;
/** ... and everything for those who begin, which may be some MB. ms */
const WHOLE_MS = 1_000;
/** What is kept for those who come back. entries, bytes */
const KEPT = 2_000;
const KEPT_BYTES = 2 * 1024 * 1024;
/** Of what is told since an id the newest are kept. bytes */
const MADE_BYTES = 8 * 1024 * 1024;
/** Events that a stream begins with; GET .../events has the others. */
const FIRST_EVENTS = 200;
/** Packages in one event: a reader on a slow line hears something all the time. */
const PACKAGES = 500;

/** What is told of the state; the caller's role is added for each of them. */
export type StateOf = (live: Live) => object;

interface Entry {
  id: number;
  kind: "packages" | "run-event";
  frame: string;
  bytes: number;
}

/** What streams are told: everything, or what has changed since an id. It is made into bytes once, whoever gets it. */
export class Told {
  readonly #live: () => Live | null;
  readonly #stateOf: StateOf;
  /** Ids of another gateway, or of this one before it was started again, mean nothing here. */
  readonly #epoch: string;
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
  #made = new Map<string, Parcel>();
  #madeBytes = 0;
  /** Everything, by role. */
  #whole = new Map<string | null, { parcel: Parcel; at: number }>();

  constructor(live: () => Live | null, stateOf: StateOf, epoch: string) {
    this.#live = live;
    this.#stateOf = stateOf;
    this.#epoch = epoch;
  }

  /** The id of the last change. */
  get revision(): string {
    return `${this.#epoch}-${this.#head}`;
  }

  /** JSON of the state for a caller; null before the first look. Made once for each change. */
  stateFor(role: string | null): string | null {
    const state = this.#current();
    return state && closed(state.json, role, this.#at());
  }

  /** What the watcher tells. */
  take(change: Change): void {
    if (change.type === "reading") {
      this.#run = change.reading.run?.run ?? null;
      this.touch();
    } else if (change.type === "packages") {
      if (change.full) this.#forget("packages");
      this.#add("packages", JSON.stringify({ full: change.full, packages: change.packages }));
    } else {
      if (change.full) this.#forget("run-event");
      for (const event of change.events) this.#add("run-event", JSON.stringify(event));
    }
  }

  /** Something of the state is another now. */
  touch(): void {
    this.#isDirty = true;
  }

  /** Makes the state anew if it has changed and that is due; returns how long to wait until it is, 0: it is done. ms */
  renew(): number {
    if (!this.#isDirty) return 0;
    const wait = this.#stateSince + STATE_MS - Date.now();
    if (wait <= 0) this.#current();
    return Math.max(0, wait);
  }

  /** It hears of no changes for a while: what was told before is of no use to those who come back. */
  forgetAll(): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#forgotten = this.#head;
    this.#whole.clear();
    this.#isDirty = true;
  }

  /** Where a stream is that has this as its last id; -1: everything is needed. */
  idOf(lastId: string | undefined): number {
    const [, epoch, id] = /^([0-9a-f]+)-(\d{1,15})$/.exec(lastId ?? "") ?? [];
    const number = epoch === this.#epoch ? Number(id) : -1;
    return number > this.#head ? -1 : number;
  }

  /** What a stream is told next that has heard everything up to `at`; null: nothing. */
  since(at: number, role: string | null): Parcel | null {
    // A stream must hear of another run before it hears of its packages.
    if (this.#isDirty && this.#state?.run !== this.#run) this.#current();
    if (at < this.#forgotten || at < 0) return this.#everything(role);
    if (at === this.#head) return null;
    const key = `${at} ${role}`;
    const known = this.#made.get(key);
    if (known) return known;
    const made = new Parcel(this.#changes(at, role), this.#head);
    this.#keep(key, made);
    return made;
  }

  /** Those who are up to date ask for the same; who comes back from far away is alone there, until something changes. */
  #keep(key: string, made: Parcel): void {
    this.#made.set(key, made);
    this.#madeBytes += made.chunked.length;
    for (const [oldest, { chunked }] of this.#made) {
      if (this.#madeBytes <= MADE_BYTES || oldest === key) return;
      this.#made.delete(oldest);
      this.#madeBytes -= chunked.length;
    }
  }

  #at(): number {
    return this.#live()?.at ?? 0;
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
    this.#madeBytes = 0;
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
    this.#whole.clear();
  }

  #changes(at: number, role: string | null): string {
    const state = this.#state && this.#state.id > at ? this.#stateFrame(this.#state, role) : "";
    return state + this.#entries.map(({ id, frame }) => (id > at ? frame : "")).join("");
  }

  /** One that was made a moment ago is as good: what has changed since comes after it. */
  #everything(role: string | null): Parcel | null {
    const known = this.#whole.get(role);
    if (known && Date.now() - known.at < WHOLE_MS && known.parcel.upTo >= this.#forgotten) return known.parcel;
    const [state, live] = [this.#current(), this.#live()];
    // Before the first look there is nothing to tell; the first one tells everything.
    if (state === null || live === null) return null;
    const frames = [
      ...parts(live.packages).map((packages, i) => frameOf("packages", JSON.stringify({ full: i === 0, packages }))),
      ...live.events.slice(-FIRST_EVENTS).map((event) => frameOf("run-event", JSON.stringify(event))),
    ];
    // The id comes with the last one: who has it has them all.
    const text = `${this.#stateFrame(state, role)}${frames.slice(0, -1).join("")}id: ${this.revision}\n${frames.at(-1)}`;
    const parcel = new Parcel(text, this.#head);
    this.#whole.set(role, { parcel, at: Date.now() });
    return parcel;
  }

  /** Without an id: those of what follows it tell how far a stream is. */
  #stateFrame({ json }: { json: string }, role: string | null): string {
    return frameOf("state", closed(json, role, this.#at()));
  }
}

/** At least one, be it empty. */
function parts<T>(all: readonly T[]): (readonly T[])[] {
  const count = Math.max(1, Math.ceil(all.length / PACKAGES));
  return Array.from({ length: count }, (_, i) => all.slice(i * PACKAGES, (i + 1) * PACKAGES));
}
