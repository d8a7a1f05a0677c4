import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What is installed in a root: CPV -> its COUNTER, which Portage increases with every merge, so that a package that was
 * installed again is told from one that was left alone.
 * Format: var/db/pkg/CATEGORY/PF/COUNTER (Portage's "VDB").
 */
export async function installedPackages(root: string): Promise<Map<string, number>> {
  const vdb = join(root, "var/db/pkg");
  const found = new Map<string, number>();
  for (const category of (await directories(vdb)).sort()) {
    for (const pf of (await directories(join(vdb, category))).sort()) {
      // A name that begins with "-MERGING-" is a package that is being installed.
      if (pf.startsWith("-")) continue;
      const counter = await readFile(join(vdb, category, pf, "COUNTER"), "utf8");
      found.set(`${category}/${pf}`, Number(counter));
    }
  }
  return found;
}

/** CPVs that were installed, or installed again, between two looks. Sorted. */
export function changedPackages(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after]
    .filter(([cpv, counter]) => before.get(cpv) !== counter)
    .map(([cpv]) => cpv)
    .sort();
}

async function directories(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
