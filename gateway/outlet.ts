import type { Parcel } from "./parcel.ts";

/** Written at once, at most: that it is taken tells that its reader lives. bytes */
export const SLICE = 64 * 1024;

/** Where the bytes of a stream go: a connection or an answer. */
export interface Sink {
  write(bytes: Buffer): boolean;
  /** It takes no more until `drain`. */
  readonly writableNeedDrain: boolean;
  readonly writableLength: number;
  readonly localPort?: number | undefined;
  readonly remotePort?: number | undefined;
  destroy(): void;
}

/** Hands parcels to one reader, slice by slice, as it takes them. */
export class Outlet {
  readonly #sink: Sink;
  readonly #isChunked: boolean;
  /** Of the newest parcel: what the sink has not got yet. */
  #rest: Buffer | null = null;
  /** What the sink has got so far. bytes */
  #given = 0;
  /** What is not all taken, oldest first, and what was given in all when it is. */
  readonly #held: { parcel: Parcel; end: number }[] = [];

  constructor(sink: Sink, isChunked: boolean) {
    this.#sink = sink;
    this.#isChunked = isChunked;
  }

  /** It takes another parcel. Where it does not, it will after a `drain`. */
  get isFree(): boolean {
    return this.#rest === null && !this.#sink.writableNeedDrain;
  }

  /** What has gone to the system so far. bytes */
  get taken(): number {
    return this.#given - this.#sink.writableLength;
  }

  /** Its part of what is kept for it and others. bytes */
  get waiting(): number {
    this.#release();
    return this.#held.reduce((sum, { parcel }) => sum + parcel.chunked.length / parcel.holders, 0);
  }

  /** Only where it is free. */
  send(parcel: Parcel): void {
    this.#rest = this.#isChunked ? parcel.chunked : parcel.plain;
    parcel.holders++;
    this.#held.push({ parcel, end: this.#given + this.#rest.length });
    this.goOn();
  }

  /** Writes what the sink takes. */
  goOn(): void {
    while (this.#rest !== null && !this.#sink.writableNeedDrain) {
      const slice = this.#rest.length > SLICE ? this.#rest.subarray(0, SLICE) : this.#rest;
      this.#rest = this.#rest.length > SLICE ? this.#rest.subarray(SLICE) : null;
      this.#given += slice.length;
      this.#sink.write(slice);
    }
    this.#release();
  }

  /** Its reader is gone. */
  close(): void {
    this.#rest = null;
    for (const { parcel } of this.#held.splice(0)) parcel.holders--;
  }

  #release(): void {
    for (let first = this.#held[0]; first && first.end <= this.taken; first = this.#held[0]) {
      first.parcel.holders--;
      this.#held.shift();
    }
  }
}
