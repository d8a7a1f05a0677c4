import { link, lstat, mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Snapshot, StoredPackage } from "../model/snapshot.ts";
import { syncDirectory, writeFileAtomic } from "../system/atomicFile.ts";
import { mapLimit, type StoreContext } from "./context.ts";
import { StoreError } from "./errors.ts";
import { formatIndex, indexHeader, parseIndex } from "./packagesIndex.ts";
import { poolRecord } from "./pool.ts";
import type { Summary } from "./records.ts";

/** File operations under way at once: more than the four threads that Node has for them gains nothing. */
const WIDTH = 16;

/**
 * Makes one complete publishable directory: the packages' tree with its index, snapshot.json, summary.json. It is checked
 * as a client would read it. The caller owns `directory` (nobody else reads it yet) and puts it in its place.
 */
export async function buildTree(
  context: StoreContext,
  directory: string,
  snapshot: Snapshot,
  { timestamp, profile }: { timestamp: number; profile: string },
): Promise<void> {
  const packages = join(directory, "packages");
  await mkdir(packages, { recursive: true });
  const directories = new Set(snapshot.packages.map((it) => join(packages, dirname(it.path))));
  await mapLimit([...directories], WIDTH, (it) => mkdir(it, { recursive: true }));
  const blocks = await mapLimit(snapshot.packages, WIDTH, (it) => place(context, packages, it));
  context.checkpoint("publish: packages linked");

  const header = indexHeader({ timestamp, profile, count: blocks.length, chost: commonChost(snapshot.packages) });
  const text = formatIndex({ header, packages: blocks });
  await writeIndex(join(packages, "Packages"), text, timestamp);
  context.checkpoint("publish: index half written");
  await writeIndex(join(packages, "Packages.gz"), await promisify(gzip)(text), timestamp);
  context.checkpoint("publish: index written");
  await checkAsClient(packages, snapshot.packages.length);

  const bytes = snapshot.packages.reduce((sum, it) => sum + it.size, 0);
  const { id, run, createdAt } = snapshot;
  const summary: Summary = { id, run, createdAt, packages: snapshot.packages.length, bytes, timestamp };
  await writeFileAtomic(join(directory, "summary.json"), `${JSON.stringify(summary)}\n`);
  await writeFileAtomic(join(directory, "snapshot.json"), `${JSON.stringify(snapshot)}\n`);
  await mapLimit([...directories, ...new Set([...directories].map(dirname)), packages], WIDTH, syncDirectory);
  context.checkpoint("publish: tree recorded");
}

/** Links one package into the tree; its block of the index. The link must be the pool's file, as long as recorded. */
async function place(context: StoreContext, packages: string, it: StoredPackage): Promise<Record<string, string>> {
  const record = await poolRecord(context, it.sha256);
  const pooled = context.layout.poolFile(it.sha256);
  const path = join(packages, it.path);
  await link(pooled, path);
  const [there, source] = await Promise.all([lstat(path), lstat(pooled)]);
  if (there.ino !== source.ino || there.size !== record.package.size || record.package.path !== it.path) {
    throw new StoreError("broken", `${pooled}: not the file that was accepted (${record.package.size} bytes)`, {
      hint: "The package store was changed by something else: remove that file and build the package again.",
    });
  }
  return { ...record.index, PATH: it.path, MTIME: String(Math.floor(there.mtimeMs / 1000)) };
}

/** Clients compare TIMESTAMP and Last-Modified: the file's time is the index's, as Portage writes it. */
async function writeIndex(path: string, content: string | Uint8Array, timestamp: number): Promise<void> {
  const handle = await open(path, "wx", 0o644);
  try {
    await handle.writeFile(content);
    await handle.utimes(timestamp, timestamp);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Reads the index back from disk, both forms, and asks for every file that it promises. */
async function checkAsClient(packages: string, count: number): Promise<void> {
  const plain = await readFile(join(packages, "Packages"));
  const unpacked = await promisify(gunzip)(await readFile(join(packages, "Packages.gz")));
  if (!plain.equals(unpacked)) throw new StoreError("broken", `${packages}: Packages and Packages.gz differ`);
  const index = parseIndex(plain.toString("utf8"));
  if (index.packages.length !== count || index.header.PACKAGES !== String(count)) {
    throw new StoreError("broken", `${packages}: the index has ${index.packages.length} packages instead of ${count}`);
  }
  await mapLimit(index.packages, WIDTH, async ({ PATH = "", SIZE }) => {
    const { size } = await lstat(join(packages, PATH));
    if (String(size) !== SIZE) throw new StoreError("broken", `${PATH}: ${size} bytes, the index says ${SIZE}`);
  });
}

/** All packages of a target have one CHOST; should they not, each block of another says so. */
function commonChost(packages: readonly StoredPackage[]): string {
  const counts = new Map<string, number>();
  for (const { chost } of packages) counts.set(chost, (counts.get(chost) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "";
}
