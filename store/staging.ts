import { link, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuildKey } from "../model/binhost.ts";
import type { StoredPackage } from "../model/snapshot.ts";
import { syncDirectory } from "../system/atomicFile.ts";
import { exclusively, mapLimit, type StoreContext } from "./context.ts";
import { isErrno, orNull } from "./errors.ts";
import { poolRecord } from "./pool.ts";

const SUFFIX = ".gpkg.tar";

/** The packages accepted for a run, read from staging's files. */
export async function staged(context: StoreContext, run: string): Promise<StoredPackage[]> {
  const root = context.layout.stagingRun(run);
  const names = (await orNull(readdir(root, { recursive: true }))) ?? [];
  const sha256s = names
    .filter((it) => it.endsWith(SUFFIX))
    .map((it) => it.slice(it.lastIndexOf("/") + 1, -SUFFIX.length));
  const packages = await mapLimit(sha256s, 16, async (it) => (await poolRecord(context, it)).package);
  return packages.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What staging of a run has for one build of one package. */
export async function stagedBuild(
  context: StoreContext,
  run: string,
  cpv: string,
  buildId: number,
): Promise<StoredPackage | null> {
  const [category = "", pf = ""] = cpv.split("/");
  const names = (await orNull(readdir(context.layout.stagingBuild(run, category, pf, buildId)))) ?? [];
  const name = names.find((it) => it.endsWith(SUFFIX));
  return name === undefined ? null : (await poolRecord(context, name.slice(0, -SUFFIX.length))).package;
}

/** Of these builds the ones that staging of a run has: a run of thousands of packages is not read whole for a few. */
export async function findStaged(
  context: StoreContext,
  run: string,
  builds: readonly BuildKey[],
): Promise<StoredPackage[]> {
  const found = await mapLimit(builds, 16, ({ cpv, buildId }) => stagedBuild(context, run, cpv, buildId));
  return found.filter((it) => it !== null);
}

/** Puts an artifact of the pool into a run's staging. The caller holds the pool's lock. */
export async function stage(context: StoreContext, run: string, it: StoredPackage): Promise<void> {
  const [category = "", pf = ""] = it.cpv.split("/");
  const directory = context.layout.stagingBuild(run, category, pf, it.buildId);
  await mkdir(directory, { recursive: true });
  try {
    await link(context.layout.poolFile(it.sha256), join(directory, `${it.sha256}${SUFFIX}`));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
  for (const made of [directory, dirname(directory), context.layout.stagingRun(run), context.layout.staging]) {
    await syncDirectory(made);
  }
}

export async function clearStaging(context: StoreContext, run: string): Promise<void> {
  const { layout } = context;
  const directory = layout.stagingRun(run);
  await exclusively(context, layout.poolLock, async () => {
    const going = join(layout.staging, `.${run}.removed`);
    // A crash may have left an earlier one: it goes first, or the rename would find a full directory.
    await rm(going, { recursive: true, force: true });
    if ((await orNull(rename(directory, going))) === null) return;
    await rm(going, { recursive: true, force: true });
  });
}

export async function stagingRuns(context: StoreContext): Promise<string[]> {
  const names = (await orNull(readdir(context.layout.staging))) ?? [];
  return names.filter((name) => !name.startsWith(".")).sort();
}

/** Removes what an interrupted clearStaging left. The caller holds the pool's lock. */
export async function sweepStaging(context: StoreContext): Promise<void> {
  for (const name of (await orNull(readdir(context.layout.staging))) ?? []) {
    if (name.startsWith(".")) await rm(join(context.layout.staging, name), { recursive: true, force: true });
  }
}
