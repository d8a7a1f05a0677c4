import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SwarmConfig } from "../config/schema.ts";
import { UserError } from "../model/errors.ts";
import type { PackageView } from "../model/run.ts";
import type { SnapshotDiff } from "../model/snapshot.ts";

/** What the demo says must be so: it ends with an error otherwise. */
export function check(holds: boolean, problem: string): void {
  if (!holds) throw new UserError(`the demo did not do what it should: ${problem}`);
}

/** Compares two sets of names; the problem tells what is missing and what is too much. */
export function checkSame(what: string, found: readonly string[], expected: readonly string[]): void {
  const missing = expected.filter((name) => !found.includes(name));
  const more = found.filter((name) => !expected.includes(name));
  check(missing.length === 0, `${what}: missing: ${missing.join(", ")}`);
  check(more.length === 0, `${what}: not expected: ${more.join(", ")}`);
  check(found.length === expected.length, `${what}: something is there twice: ${found.join(", ")}`);
}

/**
 * Each package of a run was built, and once: by what the run says of its attempts, and by the build logs that lie on the
 * drones, one for each attempt that ever began there.
 */
export async function checkBuilt(
  config: SwarmConfig,
  run: string,
  packages: readonly PackageView[],
  expected: readonly string[],
): Promise<void> {
  const received = packages.filter((each) => each.state === "received");
  checkSame(
    `packages that ${run} built`,
    received.map(({ cpv }) => cpv),
    expected,
  );
  checkSame(
    `attempts of ${run}`,
    packages.flatMap((each) => each.attempts.map(() => each.cpv)),
    expected,
  );
  checkSame(`builds of ${run} on the drones`, await buildsOnDrones(config, run), expected);
}

/** The CPV of each build log of a run, from all drones: `<drone>/logs/<run>/<category>/<pf>.<attempt>.log`. */
async function buildsOnDrones(config: SwarmConfig, run: string): Promise<string[]> {
  const perDrone = await Promise.all(
    Object.values(config.drones).map(({ dir }) => readdir(join(dir, "logs", run), { recursive: true }).catch(() => [])),
  );
  return perDrone.flat().flatMap((path) => /^([^/]+\/[^/]+)\.\d+\.log$/.exec(path)?.[1] ?? []);
}

/** The CPVs that a diff has as new: other versions, and the same ones built again. */
export function newIn(diff: SnapshotDiff): string[] {
  return [
    ...diff.added,
    ...diff.changed.map(({ name, to }) => `${name}-${to}`),
    ...diff.rebuilt.map(({ cpv }) => cpv),
  ].sort();
}
