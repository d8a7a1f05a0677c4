import { open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { messageOf } from "../../model/errors.ts";
import type { LogFailure, LogKey, LogState } from "../../model/logs.ts";
import type { LogsClient } from "../../store/logsClient.ts";
import { BinhostError } from "../../store/transport.ts";
import { readJson } from "./jsonFile.ts";
import { keptFrom, type LogKeep } from "./logKeep.ts";
import { Turns } from "./turns.ts";

/** Between two looks at a log that grows: what is written is at the binhost within a second. ms */
const LOOK_MS = 600;
/** A binhost that is away is asked again at most so rarely. ms */
const SLOWEST_MS = 15_000;
/** One that does not answer counts as away. ms */
const ANSWER_WITHIN_MS = 20_000;
/** Sent at once, and held in memory for that. Bytes */
const PIECE = 256 * 1024;
/** Of a log that is longer than its beginning, sent at most at a look: the middle will not be kept anyway. Bytes */
const AT_A_LOOK = 1024 * 1024;
/** Sent at the same time, over all logs of the drone. */
const WIDTH = 4;
/** Requests that the binhost would refuse again. */
const REFUSED = [400, 404, 413];
const SUFFIX = ".stream.json";

/** A log on its way, as the drone's next life finds it beside the log. */
interface Pending {
  key: LogKey;
  /** See `LogState`. */
  begun: number;
  /** Nothing more will be written; with why the attempt failed, where it did. null: it may grow. */
  ended: { failed: LogFailure | null } | null;
}

const FailureSchema: z.ZodType<LogFailure> = z.object({
  phase: z.string().exactOptional(),
  errorLine: z.string().exactOptional(),
});
const PendingSchema: z.ZodType<Pending> = z.object({
  key: z.object({ run: z.string(), cpv: z.string(), attempt: z.int() }),
  begun: z.number(),
  ended: z.object({ failed: FailureSchema.nullable() }).nullable(),
});

interface Stream extends Pending {
  file: string;
  /** Where the binhost is; null: to be asked. */
  at: LogState | null;
  /** Another log has taken its place, or nobody wants it. */
  dropped: boolean;
  /** Its note is written. */
  noted: Promise<void>;
  /** Ends the pause between two looks. */
  wake: () => void;
}

/**
 * Brings the logs of this drone's builds to the binhost while they grow. Builds do not wait for it: a binhost that is away gets
 * everything later, also from the drone's next life.
 */
export class LogStreams {
  readonly #logs: LogsClient;
  readonly #log: (message: string) => void;
  readonly #keep: LogKeep;
  readonly #streams = new Map<string, Stream>();
  readonly #turns = new Turns(WIDTH);
  readonly #stop: AbortSignal;

  /** @param options.keep of each log on this disk. @param options.stop the drone ends: its next life goes on. */
  constructor(
    logs: LogsClient,
    { log, keep, stop }: { log: (message: string) => void; keep: LogKeep; stop?: AbortSignal | undefined },
  ) {
    this.#logs = logs;
    this.#log = log;
    this.#keep = keep;
    this.#stop = stop ?? new AbortController().signal;
  }

  /** From now on what is written to `file` goes to the binhost. Again: nothing changes, unless it was begun anew. */
  follow(file: string, { key, begun }: Pick<Pending, "key" | "begun">): void {
    const known = this.#streams.get(file);
    if (known?.begun === begun) return;
    if (known) drop(known);
    this.#start(file, { key, begun, ended: null });
  }

  /** Nothing more will be written to `file`. A log that is not followed is left alone. */
  end(file: string, failed: LogFailure | null = null): void {
    const stream = this.#streams.get(file);
    if (!stream || stream.ended) return;
    stream.ended = { failed };
    this.#note(stream);
    stream.wake();
  }

  /** Goes on with what an earlier life has left in `directory`. `mayGrow`: whether someone still writes to that log. */
  async resume(directory: string, mayGrow: (file: string) => boolean): Promise<void> {
    for (const name of await readdir(directory, { recursive: true }).catch(() => [])) {
      if (!name.endsWith(SUFFIX)) continue;
      const file = join(directory, name.slice(0, -SUFFIX.length));
      const pending = await readJson(`${file}${SUFFIX}`, PendingSchema);
      if (!pending || this.#streams.has(file)) continue;
      this.#start(file, { ...pending, ended: pending.ended ?? (mayGrow(file) ? null : { failed: null }) });
    }
  }

  #start(file: string, pending: Pending): void {
    const stream: Stream = { ...pending, file, at: null, dropped: false, noted: Promise.resolve(), wake: () => {} };
    this.#streams.set(file, stream);
    this.#note(stream);
    void this.#run(stream);
  }

  /** A later life may have to go on: not waited for, and worth no build. */
  #note(stream: Stream): void {
    const { file, key, begun, ended } = stream;
    const note = `${file}${SUFFIX}`;
    stream.noted = stream.noted
      .then(() => writeFile(`${note}.tmp`, JSON.stringify({ key, begun, ended })))
      .then(() => rename(`${note}.tmp`, note))
      .catch(() => {});
  }

  async #run(stream: Stream): Promise<void> {
    let problem = "";
    for (let pause = LOOK_MS; !stream.dropped; ) {
      if (this.#stop.aborted) return;
      try {
        if (await this.#look(stream)) break;
        pause = LOOK_MS;
      } catch (error) {
        if (this.#stop.aborted) return;
        if (isGone(error)) break;
        // Of a binhost that is away others say enough.
        if (isAnswer(error) && messageOf(error) !== problem) {
          problem = messageOf(error);
          this.#log(`log of ${stream.key.cpv}: ${problem}`);
        }
        if (isRefused(error)) break;
        stream.at = null;
        pause = Math.min(SLOWEST_MS, pause * 2);
      }
      // Once it has ended only the binhost can hold it up.
      if (!stream.dropped && !(stream.ended && pause === LOOK_MS)) await this.#pause(stream, pause);
    }
    if (this.#streams.get(stream.file) !== stream) return;
    this.#streams.delete(stream.file);
    await stream.noted;
    await rm(`${stream.file}${SUFFIX}`, { force: true }).catch(() => {});
  }

  async #pause(stream: Stream, ms: number): Promise<void> {
    const woken = new AbortController();
    stream.wake = () => woken.abort();
    const signal = AbortSignal.any([woken.signal, this.#stop]);
    // Not a reason for the process to stay.
    await sleep(ms, undefined, { ref: false, signal }).catch(() => {});
    stream.wake = () => {};
  }

  /** Brings what is new. @returns whether the log is over. */
  async #look(stream: Stream): Promise<boolean> {
    const { file, key, begun } = stream;
    // Asked first: what is written after the end would be missed otherwise.
    const { ended } = stream;
    const { size } = await stat(file);
    if (stream.at === null) stream.at = await this.#ask((signal) => this.#logs.state(key, signal));
    let at = stream.at.begun === begun ? stream.at : { ...stream.at, begun, end: 0, complete: false, cut: null };
    if (at.complete || (stream.at.begun ?? 0) > begun) return true;
    let left = AT_A_LOOK;
    const tail = Math.min(at.keeps.tail, this.#keep.tail);
    while (at.end < size || lacksTail(at, tail, size, ended !== null)) {
      if (stream.dropped) return true;
      const step = nextPiece(at, { ...this.#keep, tail }, size, ended !== null);
      if (at.end >= at.keeps.head && ended === null && left <= 0) return false;
      const sent = await this.#send(stream, step);
      if (sent === "another") return true;
      if (sent === "gone") return false;
      stream.at = at = sent;
      left -= PIECE;
    }
    if (ended === null || size < at.end) return size < at.end;
    stream.at = await this.#ask((signal) => this.#logs.complete(key, { begun, size, failed: ended.failed }, signal));
    return true;
  }

  /** @returns `another`: the log has become shorter meanwhile; `gone`: it has grown so much that the piece is not kept any more. */
  #send({ file, key, begun }: Stream, { offset, length, skip }: Step): Promise<LogState | "another" | "gone"> {
    // Read when it is its turn: pieces that wait take no memory.
    return this.#ask(async (signal) => {
      const { bytes, size } = await readPart(file, offset, length);
      if (bytes.length === 0) return "another";
      if (keptFrom(this.#keep, offset, size) > offset) return "gone";
      return await this.#logs.append(key, { begun, offset, bytes, skip }, signal);
    });
  }

  #ask<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#turns.take(() => {
      this.#stop.throwIfAborted();
      return request(AbortSignal.any([AbortSignal.timeout(ANSWER_WITHIN_MS), this.#stop]));
    });
  }
}

/** What to send next. */
interface Step {
  offset: number;
  length: number;
  skip: boolean;
}

/**
 * From where the binhost is; where it is too far behind in a long log, from further on: the middle is not kept.
 * @param keep what is here of the beginning, and of the end what is here and kept there
 */
function nextPiece({ end, keeps, cut }: LogState, keep: LogKeep, size: number, ended: boolean): Step {
  const piece = (offset: number, skip: boolean, most = size): Step => ({
    ...{ offset, length: Math.min(PIECE, size - offset, most - offset), skip },
  });
  const head = Math.min(keeps.head, keep.head);
  if (end < head) return piece(end, false, head);
  const tail = Math.max(head, size - keep.tail);
  if (lacksTail({ end, cut }, keep.tail, size, ended)) return piece(tail, true);
  // Of a log that still grows the newest is worth most; its end will be brought whole.
  if (size - end > keep.tail) return ended ? piece(tail, true) : piece(size - PIECE, true);
  return piece(end, false);
}

/** Whether the log is over and the binhost has less of its end than it keeps, since that was left out while it grew. */
function lacksTail({ end, cut }: Pick<LogState, "end" | "cut">, tail: number, size: number, ended: boolean): boolean {
  return ended && cut !== null && end >= size && size - cut.to < (tail * 3) / 4 && cut.from < size - tail;
}

function drop(stream: Stream): void {
  stream.dropped = true;
  stream.wake();
}

function isRefused(error: unknown): boolean {
  return error instanceof BinhostError && REFUSED.includes(error.status);
}

/** The binhost has answered, with something else than was asked for. */
function isAnswer(error: unknown): boolean {
  return error instanceof BinhostError && error.status !== 0;
}

/** The log was removed. */
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** @returns with the size that the file has after that. */
async function readPart(file: string, offset: number, length: number): Promise<{ bytes: Uint8Array; size: number }> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return { bytes: buffer.subarray(0, bytesRead), size: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}
