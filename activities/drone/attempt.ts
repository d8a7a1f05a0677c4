import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { BuildOrder } from "../../model/build.ts";
import { usageError } from "../../model/errors.ts";
import { isName, isRunId } from "../../model/names.ts";
import { buildLogPath } from "../../portage/buildLog.ts";
import { rootPath } from "../../portage/buildRoot.ts";
import { parseCpv } from "../../portage/cpv.ts";
import { writeFileAtomic } from "../../system/atomicFile.ts";
import { endProcesses } from "../../system/processes.ts";
import { isAlive, type ProcessIdentity } from "../../system/processIdentity.ts";
import { readJson } from "./jsonFile.ts";
import { type BuildResult, resultOf, supervisorOf } from "./supervisor.ts";

/** The places of one attempt on this drone. All follow from the order, so that a later life of the drone finds them again. */
export interface Attempt {
  order: BuildOrder;
  /** Tells it from all others in a file name. */
  label: string;
  /** Everything of the attempt but its root and log. */
  directory: string;
  /** Its build root: made for it, removed when the build ends. */
  root: string;
  /** PKGDIR: the package that is built, alone. */
  packages: string;
  /** Where Portage puts that package, once its BUILD_ID is known. */
  packageFile(buildId: number): string;
  /** Stays when the attempt is discarded. */
  log: string;
}

/** Where an attempt stands, judged by what is on disk and in /proc. */
export type AttemptState =
  | { state: "ended"; result: BuildResult }
  | { state: "running"; supervisor: ProcessIdentity }
  /** Not started, killed, or the machine was switched off. */
  | { state: "dead" };

export interface DronePlaces {
  dir: string;
  prefixLength: number;
}

export function attemptOf({ dir, prefixLength }: DronePlaces, order: BuildOrder): Attempt {
  const { category, name, pf } = parseCpv(order.cpv);
  if (!isRunId(order.run) || !isName(order.target) || !Number.isSafeInteger(order.attempt)) {
    throw usageError(`not a build order: run ${order.run}, target ${order.target}, attempt ${order.attempt}`);
  }
  const directory = join(dir, "attempts", order.run, category, `${pf}.${order.attempt}`);
  const packages = join(directory, "packages");
  const label = createHash("sha256").update(`${order.run} ${order.cpv} ${order.attempt}`).digest("hex").slice(0, 12);
  return {
    order,
    label,
    directory,
    root: rootPath(join(dir, "roots"), label, prefixLength),
    packages,
    packageFile: (buildId) => join(packages, category, name, `${pf}-${buildId}.gpkg.tar`),
    log: buildLogPath(dir, order.run, order.cpv, order.attempt),
  };
}

const OrderSchema: z.ZodType<BuildOrder> = z.object({
  run: z.string(),
  target: z.string(),
  plan: z.string(),
  tree: z.string(),
  bundle: z.string(),
  index: z.int(),
  cpv: z.string(),
  attempt: z.int(),
  jobs: z.int(),
  nice: z.int(),
  noOutputSeconds: z.number(),
  tail: z.number().exactOptional(),
  estimate: z.object({ work: z.number(), serial: z.number(), width: z.number(), sigma: z.number() }).exactOptional(),
  memoryLimitBytes: z.number().exactOptional(),
  diskBytes: z.number().exactOptional(),
});
const StartSchema: z.ZodType<AttemptStart> = z.object({ buildId: z.int().positive(), preparedFrom: z.number() });
const ReportSchema = z.object({ seconds: z.number() });

const orderFile = (attempt: Attempt): string => join(attempt.directory, "order.json");
const startFile = (attempt: Attempt): string => join(attempt.directory, "started.json");

/** The first file of an attempt: with it, a later life knows what lies there. */
export async function recordOrder(attempt: Attempt): Promise<void> {
  await writeFileAtomic(orderFile(attempt), JSON.stringify(attempt.order));
}

/** What is known when the build starts; kept, so that an adopted one needs no binhost. */
export interface AttemptStart {
  /** BUILD_ID that the package gets. */
  buildId: number;
  /** When the drone began to prepare it, ms since the epoch. */
  preparedFrom: number;
}

export async function recordStart(attempt: Attempt, start: AttemptStart): Promise<void> {
  await writeFileAtomic(startFile(attempt), JSON.stringify(start));
}

export async function startOf(attempt: Attempt): Promise<AttemptStart | null> {
  return await readJson(startFile(attempt), StartSchema);
}

/** Seconds that provision.py took, or null where it did not come to its end. */
export async function provisionSeconds(attempt: Attempt): Promise<number | null> {
  return (await readJson(reportFile(attempt), ReportSchema))?.seconds ?? null;
}

export const reportFile = (attempt: Attempt): string => join(attempt.directory, "provision.json");
export const jobFile = (attempt: Attempt): string => join(attempt.directory, "job.json");

export async function stateOf(attempt: Attempt): Promise<AttemptState> {
  const supervisor = await supervisorOf(attempt);
  // Read after the supervisor was seen: it writes its result last, so a dead one without result really has none.
  const alive = supervisor !== null && isAlive(supervisor);
  const result = await resultOf(attempt);
  if (result) return { state: "ended", result };
  return alive ? { state: "running", supervisor } : { state: "dead" };
}

/** Ends whatever still runs of an attempt and removes its build root. Its directory stays, with what it built. */
export async function endAttempt(attempt: Attempt): Promise<void> {
  await endProcesses(await supervisorOf(attempt), [attempt.root, attempt.directory]);
  await rm(attempt.root, { recursive: true, force: true, maxRetries: 3 });
}

/** Ends an attempt and removes all of it but its log. */
export async function removeAttempt(attempt: Attempt): Promise<void> {
  await endAttempt(attempt);
  await rm(attempt.directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Every attempt that has left something on disk. */
export async function attemptsOnDisk(drone: DronePlaces): Promise<Attempt[]> {
  const base = join(drone.dir, "attempts");
  const found = await readdir(base, { recursive: true }).catch(() => []);
  const orders = await Promise.all(
    // run/category/name: deeper ones are of what was built.
    found
      .filter((path) => path.split("/").length === 3)
      .map((path) => readJson(join(base, path, "order.json"), OrderSchema)),
  );
  return orders.flatMap((order) => (order ? [attemptOf(drone, order)] : []));
}
