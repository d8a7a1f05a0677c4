import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { TreeSource } from "../../../model/target.ts";
import { renameDurably, writeFileAtomic } from "../../../system/atomicFile.ts";
import { withLock } from "../../../system/lock.ts";
import { type FetchedTree, fetchTree } from "./source.ts";

/** Identities of each tree that are kept, by their last use. */
const KEPT = 2;

const TreeSchema = z.object({ identity: z.string(), time: z.string() });
const SetSchema = z.object({
  identity: z.string(),
  time: z.string(),
  trees: z.record(z.string(), z.string()),
});

/** The trees of a run together. */
export interface TreeSet {
  /** The tree's identity where there is one tree; else `name=identity` of each, sorted by name, with spaces between. */
  identity: string;
  /** Of the newest one, ISO 8601. */
  time: string;
  /** Repository name -> directory. */
  locations: Record<string, string>;
}

export interface SyncTreesRequest {
  trees: readonly TreeSource[];
  /** False: what is there, fetched only where nothing is, or not what is pinned. */
  fetch: boolean;
  /** The identity of a TreeSet to bring if it can be had. */
  pin: string | null;
  signal: AbortSignal;
}

/**
 * The trees of a drone, each at each identity a directory that never changes, so that a sync does not disturb what builds:
 *
 *     NAME/IDENTITY/      the tree        NAME/IDENTITY.json   what it is, written first
 *     NAME/mirror/        what git or rsync keep
 *     sets/HASH.json      which identities a run's identity means
 *     current/HASH.json   the last set of these sources
 */
export class TreeStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Syncs all trees. @throws UserError that names the tree and what is wrong. */
  async sync(request: SyncTreesRequest): Promise<TreeSet> {
    const pinned = request.pin === null ? null : await this.find(request.pin);
    if (pinned) return pinned;
    if (!request.fetch && request.pin === null) {
      const current = await this.#current(request.trees);
      if (current) return current;
    }
    const sources = [...request.trees].sort((a, b) => (a.name < b.name ? -1 : 1));
    const pins = pinsOf(request.pin, sources);
    const fetched = await Promise.all(
      sources.map(async (source) => ({
        name: source.name,
        ...(await this.#fetch(source, pins.get(source.name) ?? null, request.signal)),
      })),
    );
    const identity =
      fetched.length === 1 ? (fetched[0]?.identity ?? "") : fetched.map((it) => `${it.name}=${it.identity}`).join(" ");
    const set = {
      identity,
      time: fetched.map((it) => it.time).sort((a, b) => Date.parse(b) - Date.parse(a))[0] ?? "",
      trees: Object.fromEntries(fetched.map((it) => [it.name, it.identity])),
    };
    await writeFileAtomic(this.#setFile(identity), JSON.stringify(set));
    await writeFileAtomic(this.#currentFile(request.trees), JSON.stringify({ identity }));
    for (const { name, identity: keep } of fetched) await this.#prune(name, keep);
    return { identity, time: set.time, locations: this.#locations(set.trees) };
  }

  /** The set with this identity, where this drone has all of it; marks it as used. */
  async find(identity: string): Promise<TreeSet | null> {
    const set = await readJson(this.#setFile(identity), SetSchema);
    if (!set) return null;
    const locations = this.#locations(set.trees);
    const now = new Date();
    for (const location of Object.values(locations)) {
      const there = await utimes(`${location}.json`, now, now).then(
        () => stat(location),
        () => null,
      );
      if (!there) return null;
    }
    return { identity, time: set.time, locations };
  }

  async #fetch(source: TreeSource, pin: string | null, signal: AbortSignal): Promise<FetchedTree> {
    const base = join(this.#directory, source.name);
    const mirror = join(base, "mirror", fileName(`${source.sync} ${source.uri}`));
    return await withLock(join(this.#directory, `${source.name}.lock`), async () => {
      // Under the lock nobody else makes one: what is there was left by a process that died.
      for (const name of await readdir(base).catch(() => [])) {
        if (name.startsWith("new.")) await rm(join(base, name), { recursive: true, force: true });
      }
      const fresh = join(base, `new.${randomBytes(4).toString("hex")}`);
      try {
        const tree = await fetchTree({ source, mirror, directory: fresh, pin, signal });
        const directory = this.#location(source.name, tree.identity);
        await writeFileAtomic(`${directory}.json`, JSON.stringify(tree));
        if (await stat(directory).catch(() => null)) return tree;
        await renameDurably(fresh, directory);
        return tree;
      } finally {
        await rm(fresh, { recursive: true, force: true });
      }
    });
  }

  async #current(sources: readonly TreeSource[]): Promise<TreeSet | null> {
    const current = await readJson(this.#currentFile(sources), z.object({ identity: z.string() }));
    return current && (await this.find(current.identity));
  }

  /** Removes identities that were not used lately. A build that still reads one keeps it in use each time it begins. */
  async #prune(name: string, keep: string): Promise<void> {
    const base = join(this.#directory, name);
    const records = (await readdir(base)).filter((it) => it.endsWith(".json"));
    const known = await Promise.all(
      records.map(async (record) => ({
        record,
        used: (await stat(join(base, record))).mtimeMs,
        tree: await readJson(join(base, record), TreeSchema),
      })),
    );
    const others = known.filter((it) => it.tree?.identity !== keep).sort((a, b) => b.used - a.used);
    for (const { record } of others.slice(KEPT - 1)) {
      // The directory first: a record without directory is no tree, a directory without record would stay for ever.
      await rm(join(base, record.slice(0, -".json".length)), { recursive: true, force: true });
      await rm(join(base, record), { force: true });
    }
  }

  #locations(trees: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(trees).map(([name, identity]) => [name, this.#location(name, identity)]));
  }

  #location(name: string, identity: string): string {
    return join(this.#directory, name, identity.replaceAll(/[^A-Za-z0-9._-]/g, "-"));
  }

  #setFile(identity: string): string {
    return join(this.#directory, "sets", `${fileName(identity)}.json`);
  }

  #currentFile(sources: readonly TreeSource[]): string {
    const text = sources.map((it) => `${it.name} ${it.sync} ${it.uri}`).sort();
    return join(this.#directory, "current", `${fileName(text.join("\n"))}.json`);
  }
}

/** The identities of single trees out of a set's. */
function pinsOf(pin: string | null, sources: readonly TreeSource[]): Map<string, string> {
  const [only] = sources;
  if (pin === null || !only) return new Map();
  if (sources.length === 1) return new Map([[only.name, pin]]);
  return new Map(
    pin.split(" ").flatMap((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [] : [[part.slice(0, at), part.slice(at + 1)] as const];
    }),
  );
}

const fileName = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null;
  }
}
