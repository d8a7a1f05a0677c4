import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { TextDecoder } from "node:util";
import type { LogKey, LogPiece } from "../model/logs.ts";
import type { Access } from "../operations/access.ts";
import type { Ports } from "./sendQueues.ts";
import type { Reader } from "./slowReaders.ts";

/** Between two looks at a log that grows. ms */
const PAUSE_MS = 500;
/** Those who read on from the same place in this time are told the same. ms */
const SHARED_MS = 500;
/** Between two signs of life. ms */
const PING_MS = 15_000;
/** Where nothing comes it is asked so often whether anything will. ms */
const FATE_MS = 2_000;
/** Of what has begun the end may still be on its way: so long it is waited for. ms */
const LATE_MS = 20_000;
/** So long the binhost may take for a piece: those who wait for it hear nothing, and are not checked. ms */
const ANSWER_WITHIN_MS = 10_000;
/** Of a log in one event: as JSON it is six times as much at worst, and still no more than 64 KiB. bytes */
const SLICE = 10 * 1024;

/** Where a reader goes on. */
export interface LogPlace {
  /** Byte of the log. */
  offset: number;
  /** Of which log, by when it was begun; null: of the one that is there, or comes. */
  begun: number | null;
}

export interface Followed {
  key: LogKey;
  /** Why nothing more will come; null: it may. */
  fate: () => Promise<string | null>;
  /** Whether its reader may read on. */
  isStill: (() => Promise<boolean>) | undefined;
}

/** The place that an event's id names: `<begun>-<offset>`; null: it is no such id. */
export function placeOf(id: string | undefined): LogPlace | null {
  const [, begun, offset] = /^(\d{1,15})-(\d{1,15})$/.exec(id ?? "") ?? [];
  return begun === undefined ? null : { begun: Number(begun), offset: Number(offset) };
}

/** Sends one reader a log as server-sent events, as it takes them. */
export class LogFollower implements Reader {
  readonly #raw: ServerResponse;
  readonly #pieces: SharedPieces;
  readonly #followed: Followed;
  readonly #gone = new AbortController();
  #given = 0;
  /** What it is told of just now. */
  #piece: LogPiece | null = null;
  #saidAt = Date.now();

  constructor(raw: ServerResponse, pieces: SharedPieces, followed: Followed) {
    this.#raw = raw;
    this.#pieces = pieces;
    this.#followed = followed;
  }

  get waiting(): number {
    return this.#raw.writableLength + (this.#piece ? this.#pieces.shareOf(this.#piece) : 0);
  }

  get taken(): number {
    return this.#given - this.#raw.writableLength;
  }

  get connection(): Ports {
    return this.#raw.req.socket;
  }

  drop(): void {
    this.#raw.destroy();
  }

  /** Hands on what the log has from a place on, and gets, until nothing more will come or its reader goes. */
  async follow(from: LogPlace): Promise<void> {
    const leave = (): void => this.#gone.abort();
    this.#raw.on("close", leave);
    this.#raw.on("error", leave);
    try {
      await this.#tellAll(from);
    } finally {
      this.#raw.end();
    }
  }

  async #tellAll(from: LogPlace): Promise<void> {
    const { signal: gone } = this.#gone;
    const { key, fate, isStill } = this.#followed;
    let decoder = new TextDecoder();
    let { begun, offset: at } = from;
    let checkedAt = Date.now();
    let newsAt = Date.now();
    let askedAt = Date.now();
    while (!gone.aborted) {
      const isQuiet = begun === null || Date.now() - newsAt > LATE_MS;
      const isAsked = isQuiet && Date.now() - askedAt > FATE_MS;
      // Before the look: what comes at the end would be missed otherwise.
      const reason = isAsked ? await fate().catch(() => null) : null;
      if (isAsked) askedAt = Date.now();
      // The drone may not have brought anything yet; a binhost that is away comes back.
      const piece = await this.#pieces.read(key, at).catch(() => undefined);
      if (gone.aborted) return;
      if (piece && begun !== null && piece.begun !== begun) {
        // The attempt was begun anew: so is its log.
        await this.#say("restart", {});
        [at, begun, decoder] = [0, piece.begun, new TextDecoder()];
        continue;
      }
      if (piece && piece.bytes.length > 0) {
        begun = piece.begun;
        await this.#tell(piece, decoder);
        if (gone.aborted) return;
        at = piece.next;
        newsAt = Date.now();
      }
      const { size = at, cut = null, complete = false } = piece ?? {};
      if (complete && at >= size) return await this.#say("end", { size, cut, complete, reason: null });
      if (reason !== null && piece !== undefined && at >= size) {
        return await this.#say("end", { size, cut, complete, reason });
      }
      if (Date.now() - checkedAt > PING_MS) {
        if ((await isStill?.()) === false) return;
        checkedAt = Date.now();
      }
      if (Date.now() - this.#saidAt > PING_MS) await this.#say("ping", Date.now());
      if (!piece || at >= piece.size) await sleep(PAUSE_MS, undefined, { signal: gone }).catch(() => {});
    }
  }

  async #tell(piece: LogPiece, decoder: TextDecoder): Promise<void> {
    const { bytes, offset, begun } = piece;
    this.#piece = piece;
    const release = this.#pieces.hold(piece);
    try {
      for (let from = 0; from < bytes.length && !this.#gone.signal.aborted; from += SLICE) {
        const text = decoder.decode(bytes.subarray(from, from + SLICE), { stream: true });
        const next = offset + Math.min(bytes.length, from + SLICE);
        await this.#say("chunk", { offset: offset + from, text }, `${begun}-${next}`);
      }
    } finally {
      this.#piece = null;
      release();
    }
  }

  /** Says something and waits until more may be said. @param id where a reader goes on who has heard it */
  async #say(event: string, data: unknown, id?: string): Promise<void> {
    const text = Buffer.from(`${id ? `id: ${id}\n` : ""}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    this.#saidAt = Date.now();
    this.#given += text.length;
    if (this.#raw.write(text)) return;
    await once(this.#raw, "drain", { signal: this.#gone.signal }).catch(() => {});
  }
}

/** Pieces of logs, asked from the binhost once for all who ask for the same at the same time. */
export class SharedPieces {
  readonly #access: Pick<Access, "binhost">;
  readonly #asked = new Map<string, Promise<LogPiece | null>>();
  readonly #holders = new WeakMap<LogPiece, number>();

  constructor(access: Pick<Access, "binhost">) {
    this.#access = access;
  }

  read(key: LogKey, offset: number): Promise<LogPiece | null> {
    const name = `${key.run} ${key.cpv} ${key.attempt} ${offset}`;
    const known = this.#asked.get(name);
    if (known) return known;
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const asked = this.#access.binhost().then((binhost) => binhost.logs.read(key, offset, signal));
    this.#asked.set(name, asked);
    const forget = (): void => void setTimeout(() => this.#asked.delete(name), SHARED_MS).unref();
    asked.then(forget, forget);
    return asked;
  }

  /** Somebody keeps a piece until he calls what is returned. */
  hold(piece: LogPiece): () => void {
    const add = (more: number): void => void this.#holders.set(piece, (this.#holders.get(piece) ?? 0) + more);
    add(1);
    return () => add(-1);
  }

  /** What one of those who keep a piece keeps of it. bytes */
  shareOf(piece: LogPiece): number {
    return piece.bytes.length / (this.#holders.get(piece) ?? 1);
  }
}
