import { createHash, type Hash } from "node:crypto";
import { copyFile, lstat, mkdir, readdir, readFile, readlink, rm, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, UserError } from "../../../model/errors.ts";

/** What lies in a tree's directory beside the tree. */
const NOT_OF_THE_TREE = new Set([".git", ".hg", ".svn", "distfiles", "packages"]);
const TRIES = 5;
const PAUSE_MS = 300;
/** Files read at once: trees are very many very small files. */
const BATCH = 64;

export interface CopiedTree {
  /** SHA-256 over sorted paths, kinds, modes' executable bit and contents. */
  sha256: string;
  /** When the tree was made: metadata/timestamp.chk, else its newest file's time. ISO 8601 */
  time: string;
  /** Whether `time` is the tree's own word, and so the same on every machine. */
  stamped: boolean;
}

interface Entry {
  /** Relative path. */
  path: string;
  kind: "file" | "directory" | "link";
  executable: boolean;
  mtimeMs: number;
  /** Changes with every change of the entry. */
  mark: string;
}

/**
 * Copies a tree to `to`, which must not exist, and names its content. A tree that changes meanwhile is copied again.
 * UserError where it cannot be read (with the path), or does not stop changing.
 */
export async function copyTree(from: string, to: string, signal: AbortSignal): Promise<CopiedTree> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    const copied = await copyOnce(from, to, signal).catch(async (error: unknown) => {
      await rm(to, { recursive: true, force: true });
      if (error instanceof UserError || signal.aborted) throw error;
      // What was listed is gone a moment later: it changes.
      if (isMissing(error)) return null;
      throw new UserError(`tree ${from}: cannot be copied: ${messageOf(error)}`);
    });
    if (copied !== null) return copied;
    if (tries === TRIES) {
      throw new UserError(
        `tree ${from}: changed each of the ${TRIES} times that it was copied: let whatever syncs it finish, then sync again`,
      );
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

/** null where the tree changed meanwhile: then nothing is left of the copy. */
async function copyOnce(from: string, to: string, signal: AbortSignal): Promise<CopiedTree | null> {
  // The tree itself missing is an error; what is missing in it later is a change.
  await readdir(from).catch((error: unknown) => unreadable(from, error));
  const before = await scan(from);
  const copied = await copyEntries(from, to, before, signal);
  if (marksOf(before) === marksOf(await scan(from))) return copied;
  await rm(to, { recursive: true, force: true });
  return null;
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

const marksOf = (entries: readonly Entry[]): string =>
  createHash("sha256")
    .update(entries.map((it) => `${it.path}\0${it.mark}\n`).join(""))
    .digest("hex");

async function scan(root: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const visit = async (directory: string): Promise<void> => {
    const names = await readdir(join(root, directory)).catch((error: unknown) =>
      unreadableUnlessMissing(join(root, directory), error),
    );
    const found = await Promise.all(
      names
        .filter((name) => directory !== "" || !NOT_OF_THE_TREE.has(name))
        .map((name) => entryOf(root, join(directory, name))),
    );
    entries.push(...found);
    for (const entry of found) if (entry.kind === "directory") await visit(entry.path);
  };
  await visit("");
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function entryOf(root: string, path: string): Promise<Entry> {
  const info = await lstat(join(root, path), { bigint: true }).catch((error: unknown) =>
    unreadableUnlessMissing(join(root, path), error),
  );
  const kind = info.isFile() ? "file" : info.isDirectory() ? "directory" : info.isSymbolicLink() ? "link" : null;
  if (kind === null) throw new UserError(`tree ${root}: ${path} is neither a file, a directory nor a link`);
  const mark = [kind, info.ino, info.mode, info.size, info.mtimeNs, info.ctimeNs].join(" ");
  return { path, kind, executable: (info.mode & 0o100n) !== 0n, mtimeMs: Number(info.mtimeMs), mark };
}

function unreadableUnlessMissing(path: string, error: unknown): never {
  if (isMissing(error)) throw error;
  return unreadable(path, error);
}

function unreadable(path: string, error: unknown): never {
  throw new UserError(`tree: ${path} cannot be read: ${messageOf(error)}`);
}

async function copyEntries(
  from: string,
  to: string,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<CopiedTree> {
  await mkdir(to, { recursive: true });
  const hash = createHash("sha256");
  for (let start = 0; start < entries.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = entries.slice(start, start + BATCH);
    for (const { kind, path } of batch) if (kind === "directory") await mkdir(join(to, path));
    const digests = await Promise.all(batch.map((entry) => copyEntry(from, to, entry)));
    for (const [index, entry] of batch.entries()) addEntry(hash, entry, digests[index] ?? "");
  }
  const own = await ownTime(to);
  const newest = entries.reduce((latest, it) => (it.kind === "file" ? Math.max(latest, it.mtimeMs) : latest), 0);
  return { sha256: hash.digest("hex"), time: own ?? isoSeconds(newest), stamped: own !== null };
}

function addEntry(hash: Hash, { kind, executable, path }: Entry, digest: string): void {
  hash.update(`${kind} ${kind === "file" && executable ? "x" : "-"} ${path}\0${digest}\n`);
}

/** @returns a digest of the content that was copied, not of what may be there a moment later. */
async function copyEntry(from: string, to: string, entry: Entry): Promise<string> {
  const source = join(from, entry.path);
  const target = join(to, entry.path);
  if (entry.kind === "directory") return "";
  if (entry.kind === "link") {
    const link = await readlink(source);
    await symlink(link, target);
    return link;
  }
  await copyFile(source, target).catch((error: unknown) => {
    const denied = error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
    if (denied) unreadable(source, error);
    throw error;
  });
  // Portage's caches compare times.
  await utimes(target, entry.mtimeMs / 1000, entry.mtimeMs / 1000);
  return createHash("sha256")
    .update(await readFile(target))
    .digest("hex");
}

/** metadata/timestamp.chk of a synced tree: `Sat, 21 Nov 2026 04:00:00 +0000`. */
async function ownTime(tree: string): Promise<string | null> {
  const text = await readFile(join(tree, "metadata/timestamp.chk"), "utf8").catch(() => "");
  const time = Date.parse(text.trim());
  return Number.isNaN(time) ? null : isoSeconds(time);
}

const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
