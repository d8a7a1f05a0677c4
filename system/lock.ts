import { readFileSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../model/errors.ts";
import { identify, type ProcessIdentity } from "./processIdentity.ts";
import { type Database, DatabaseSync, isSqliteError, SQLITE } from "./sqlite.ts";

const POLL_MS = 100;

export interface LockOptions {
  /** Called once when the lock is not free at once, with the process that has it (null where the kernel does not tell). */
  onWait?: (owner: ProcessIdentity | null) => void;
}

/**
 * Runs `fn` while no other process, and no other caller in this one, is inside `withLock` for the same path.
 *
 * The lock belongs to the kernel: Node has no flock, so the file is an empty SQLite database and the lock is its write
 * transaction. It ends with its process, however that dies, so there is no stale lock to judge and no race between two
 * who break one. The file stays: removing it would let two processes hold locks on two files of one name.
 */
export async function withLock<T>(path: string, fn: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const database = openLock(path);
  try {
    if (!tryLock(database)) {
      options.onWait?.(lockOwner(path));
      while (!tryLock(database)) await delay(POLL_MS);
    }
    return await fn();
  } finally {
    database.close();
  }
}

/**
 * Takes the lock for as long as the caller lives, or until it is disposed of.
 * @throws UserError with `taken` and the owner where another process has it.
 */
export async function holdLock(path: string, taken: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  const database = openLock(path);
  if (!tryLock(database)) {
    database.close();
    const owner = lockOwner(path);
    throw new UserError(`${taken}${owner ? ` (process ${owner.pid})` : ""}`);
  }
  return { [Symbol.asyncDispose]: async () => database.close() };
}

/** The process that holds the lock, by the kernel's table of locks; null where it is free or cannot be told. */
export function lockOwner(path: string): ProcessIdentity | null {
  try {
    const inode = String(statSync(path).ino);
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      // `1: POSIX  ADVISORY  WRITE 12325 fe:00:9977887 1073741825 1073741825`; a line with `->` is one that waits.
      const [, kind, , mode, pid, file] = line.split(/\s+/);
      if (kind === "POSIX" && mode === "WRITE" && file?.split(":")[2] === inode) return identify(Number(pid));
    }
  } catch {
    // No such file, or no /proc/locks: who has it is only told to be helpful.
  }
  return null;
}

function openLock(path: string): Database {
  const database = new DatabaseSync(path, { timeout: 0 });
  // A journal file could not be made on a full disk, and what frees the disk takes locks too.
  database.exec("PRAGMA journal_mode=MEMORY");
  return database;
}

function tryLock(database: Database): boolean {
  try {
    database.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (isSqliteError(error, SQLITE.BUSY)) return false;
    throw error;
  }
}
