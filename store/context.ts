import type { Readable } from "node:stream";
import { withLock } from "../system/lock.ts";
import { isErrno, StoreError } from "./errors.ts";
import type { Layout } from "./layout.ts";

/** What every part of the store works with. */
export interface StoreContext {
  readonly layout: Layout;
  /** Called at the named points between two steps: tests kill the process there. */
  readonly checkpoint: (point: string) => void;
  readonly mutex: Mutex;
  /** Uploads whose bytes are arriving in this process, by id. */
  readonly receiving: Map<string, Readable>;
}

/** Lets callers of one process in one after the other, by key; in order, at once, unlike a file lock that is polled. */
export class Mutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, fn: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(fn, fn);
    const tail = mine
      .catch(() => {})
      .then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
      });
    this.#tails.set(key, tail);
    return mine;
  }
}

/** Alone among all callers of all processes that hold the same lock file. */
export function exclusively<T>(context: StoreContext, lock: string, fn: () => Promise<T>): Promise<T> {
  return context.mutex.run(lock, () => explainFull(context, () => withLock(lock, fn)));
}

/** A full disk is named as such: it is nobody's package that is to blame. */
export async function explainFull<T>(context: StoreContext, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT") && !isLockWithoutSpace(error)) throw error;
    throw new StoreError("full", `no space left on the disk of the package store ${context.layout.root}`, {
      hint: "Remove old snapshots (swarm snapshots prune), or give the binhost's directory more space; then try again.",
    });
  }
}

/** A lock is a file of SQLite's, which has its own words for a full disk: result code 13. */
function isLockWithoutSpace(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 13;
}

/** Array.map with at most `limit` calls under way; the first error is thrown when all have ended. */
export async function mapLimit<T, R>(items: readonly T[], limit: number, fn: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await fn(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  for (const it of ended) if (it.status === "rejected") throw it.reason;
  return results;
}
