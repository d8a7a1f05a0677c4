import { lstat, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { LogFailure, LogInfo, LogKey, LogPiece, LogState } from "../model/logs.ts";
import { explainFull, mapLimit, type StoreContext } from "./context.ts";
import { orNull, StoreError } from "./errors.ts";
import { readBlock, readIndex, writeArchive } from "./logArchive.ts";
import { cutNote } from "./logNote.ts";
import { isGone, type LogLimits, LogSegments } from "./logSegments.ts";

/** What a call takes and gives at most. Bytes */
export const LOG_PIECE = 1024 * 1024;
const DAY_MS = 24 * 3600_000;
/** A complete log whose file began with a dot was never finished. */
const HALF_MADE_MS = 3600_000;

/** Where bytes belong: in the log that was begun then, at that offset. */
export interface LogPlace {
  begun: number;
  offset: number;
  /** What lies between here and what has come of the beginning is left out: its sender has it no more, or it would not be kept. */
  skip?: boolean;
}

/**
 * The logs of builds. While a log grows it lies there raw, its beginning and its end; complete, compressed in one file.
 * `begun` and the offset say what bytes are: the same ones again change nothing.
 */
export class BuildLogs {
  readonly #context: StoreContext;
  readonly #limits: LogLimits;

  /** @param limitBytes of one log, half of it for its beginning. */
  constructor(context: StoreContext, limitBytes: number) {
    this.#context = context;
    this.#limits = { head: Math.ceil(limitBytes / 2), tail: Math.floor(limitBytes / 2) };
  }

  state(key: LogKey): Promise<LogState> {
    return this.#alone(key, async () => {
      const [archive, segments] = await this.#find(key);
      if (segments) return this.#stateOf(segments);
      if (!archive) return this.#nothing();
      // What a kill after the compression has left.
      await rm(this.#context.layout.growingLog(key), { recursive: true, force: true });
      return this.#finished(archive);
    });
  }

  /**
   * Adds bytes; those that are there already change nothing. `conflict` with the right offset where they would leave a gap, and
   * where a log is there that was begun later.
   */
  append(key: LogKey, { begun, offset, skip = false }: LogPlace, bytes: Uint8Array): Promise<LogState> {
    return this.#alone(key, async () => {
      const [archive, found] = await this.#find(key);
      if (found === null && archive?.begun === begun) return this.#finished(archive);
      const known = found?.begun ?? archive?.begun ?? null;
      if (known !== null && known > begun) throw superseded(key, known);
      const directory = this.#context.layout.growingLog(key);
      const current = found?.begun === begun ? found : null;
      if (skip && offset < (current?.headEnd ?? Number.POSITIVE_INFINITY)) {
        throw new StoreError("invalid", `log of ${key.cpv}: nothing of its beginning is left out`);
      }
      const end = current?.end ?? 0;
      if (!skip && offset > end) throw gap(key, offset, end);
      const segments = current ?? (await LogSegments.begin(directory, begun, this.#limits));
      if (skip) await segments.skipTo(offset);
      this.#context.checkpoint("log: place made");
      const news = skip ? bytes : bytes.subarray(Math.min(bytes.length, end - offset));
      await segments.append(news);
      return this.#stateOf(segments);
    });
  }

  /** Nothing more will come of a log that has `size` bytes: it is compressed. May be repeated. */
  complete(
    key: LogKey,
    { begun, size, failed }: { begun: number; size: number; failed: LogFailure | null },
  ): Promise<LogState> {
    return this.#alone(key, async () => {
      const [archive, segments] = await this.#find(key);
      if (segments === null && archive?.begun === begun) return this.#finished(archive);
      const known = segments?.begun ?? archive?.begun ?? null;
      if (known !== null && known > begun) throw superseded(key, known);
      const current = segments?.begun === begun ? segments : null;
      if ((current?.end ?? 0) !== size) throw gap(key, size, current?.end ?? 0);
      const cut = current?.cut ?? null;
      const file = this.#context.layout.completeLog(key);
      await writeArchive(file, { begun, size, cut, segments: current, failed });
      this.#context.checkpoint("log: compressed");
      await rm(this.#context.layout.growingLog(key), { recursive: true, force: true });
      return this.#finished({ begun, size, cut });
    });
  }

  /** What the log has from `offset` on, at most `LOG_PIECE` bytes; none at its end. null: there is no such log. */
  async read(key: LogKey, offset: number): Promise<LogPiece | null> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#read(key, offset);
      } catch (error) {
        // It was trimmed or compressed between two looks at it.
        if (!isGone(error) || tries === 5) throw error;
      }
    }
  }

  /** Every log of a run, in order of package and attempt. */
  async list(run: string): Promise<LogInfo[]> {
    const directory = this.#context.layout.logRun(run);
    const names = (await orNull(readdir(directory, { recursive: true }))) ?? [];
    const keys = new Map(
      names.flatMap((name) => keyOf(run, name) ?? []).map((key) => [`${key.cpv} ${key.attempt}`, key]),
    );
    const infos = await mapLimit([...keys.values()], 16, (key) => this.#info(key).catch(() => null));
    return infos
      .filter((it) => it !== null)
      .sort((a, b) => (a.cpv === b.cpv ? a.attempt - b.attempt : a.cpv < b.cpv ? -1 : 1));
  }

  /** Removes logs that nothing was added to for `days`, and what interrupted steps have left. */
  async removeOld(days: number, now: number): Promise<void> {
    const { logs } = this.#context.layout;
    for (const run of (await orNull(readdir(logs))) ?? []) {
      for (const category of (await orNull(readdir(join(logs, run)))) ?? []) {
        const directory = join(logs, run, category);
        for (const name of (await orNull(readdir(directory))) ?? [])
          await this.#removeIfOld(run, category, name, days, now);
        await rmdir(directory).catch(() => {});
      }
      await rmdir(join(logs, run)).catch(() => {});
    }
  }

  async #removeIfOld(run: string, category: string, name: string, days: number, now: number): Promise<void> {
    const path = join(this.#context.layout.logs, run, category, name);
    const key = keyOf(run, `${category}/${name}`);
    const remove = async (): Promise<void> => {
      const times = [path, ...(await readdir(path).catch(() => [])).map((part) => join(path, part))];
      const infos = await Promise.all(times.map((it) => orNull(lstat(it))));
      const written = Math.max(...infos.map((it) => it?.mtimeMs ?? 0));
      const limit = name.startsWith(".") ? HALF_MADE_MS : days * DAY_MS;
      if (now - written > limit) await rm(path, { recursive: true, force: true });
    };
    await (key ? this.#alone(key, remove) : remove());
  }

  async #info(key: LogKey): Promise<LogInfo | null> {
    const [archive, segments] = await this.#find(key);
    const { cpv, attempt } = key;
    if (segments) return { cpv, attempt, size: segments.end, complete: false, cut: segments.cut, failed: null };
    if (!archive) return null;
    const { size, cut, failed } = archive;
    return { cpv, attempt, size, complete: true, cut, failed };
  }

  async #read(key: LogKey, offset: number): Promise<LogPiece | null> {
    const [archive, segments] = await this.#find(key);
    if (segments) {
      const { begun, end: size, cut } = segments;
      const piece = { size, complete: false, cut, begun };
      const bytes = await segments.read(offset, LOG_PIECE);
      if (bytes) return { ...piece, offset, bytes, next: offset + bytes.length };
      if (cut === null || offset >= size) return { ...piece, offset: size, bytes: new Uint8Array(), next: size };
      const note = cutNote({ from: Math.max(offset, cut.from), to: cut.to });
      return { ...piece, offset: cut.to - note.length, bytes: note, next: cut.to };
    }
    if (!archive) return null;
    const block = await readBlock(this.#context.layout.completeLog(key), offset);
    if (!block) return null;
    const { index, at, bytes } = block;
    const { size, cut, begun } = index;
    return { size, complete: true, cut, begun, offset: at, bytes, next: at + bytes.length };
  }

  /** What is there. A log that grows and is not newer than the complete one is what a kill has left beside it. */
  async #find(key: LogKey): Promise<[Awaited<ReturnType<typeof readIndex>>, LogSegments | null]> {
    const { layout } = this.#context;
    // In this order: what is compressed meanwhile is seen in one of its forms.
    const segments = await LogSegments.find(layout.growingLog(key), this.#limits);
    const archive = await readIndex(layout.completeLog(key));
    return [archive, segments !== null && segments.begun > (archive?.begun ?? -1) ? segments : null];
  }

  #stateOf({ begun, end, cut }: LogSegments): LogState {
    return { ...this.#nothing(), begun, end, cut };
  }

  #finished({ begun, size, cut }: { begun: number; size: number; cut: LogState["cut"] }): LogState {
    return { ...this.#nothing(), begun, end: size, complete: true, cut };
  }

  #nothing(): LogState {
    return { begun: null, end: 0, complete: false, cut: null, keeps: { ...this.#limits } };
  }

  #alone<T>(key: LogKey, work: () => Promise<T>): Promise<T> {
    const path = this.#context.layout.growingLog(key);
    return this.#context.mutex.run(`log ${path}`, () => explainFull(this.#context, work));
  }
}

/** The log that a path below its run's directory is of; null: of none. */
function keyOf(run: string, path: string): LogKey | null {
  const [, category, pf, attempt] = /^([^/.][^/]*)\/([^/.][^/]*)\.(\d{1,9})(?:\.log\.zst)?$/.exec(path) ?? [];
  return pf === undefined ? null : { run, cpv: `${category}/${pf}`, attempt: Number(attempt) };
}

function superseded({ cpv, attempt }: LogKey, begun: number): StoreError {
  return new StoreError("conflict", `log of ${cpv}, attempt ${attempt}: one is there that was begun later (${begun})`);
}

function gap({ cpv, attempt }: LogKey, offset: number, end: number): StoreError {
  return new StoreError("conflict", `log of ${cpv}, attempt ${attempt}: offset ${offset} given, it is at ${end}`, {
    offset: end,
    hint: "Ask for its state and go on from there.",
  });
}
