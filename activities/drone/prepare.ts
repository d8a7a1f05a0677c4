import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuildOrder } from "../../model/build.ts";
import { type BuildRoot, createBuildRoot } from "../../portage/buildRoot.ts";
import { parseCpv } from "../../portage/cpv.ts";
import type { PortageInstallation } from "../../portage/install.ts";
import { dependencyClosure } from "../../portage/plan.ts";
import type { BuildCgroups } from "../../system/cgroups.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import type { ArtifactCache } from "./artifactCache.ts";
import { type Attempt, jobFile, recordOrder, recordStart, reportFile } from "./attempt.ts";
import type { Documents } from "./documents.ts";
import { failureOf } from "./failure.ts";
import type { LogKeep } from "./logKeep.ts";
import { startSupervisor } from "./supervisor.ts";

export interface Workshop {
  drone: { name: string; dir: string; maxJobs: number; coresLimit: number; distfiles: string[] };
  /** null where this drone cannot make any. */
  cgroups: BuildCgroups | null;
  portage: PortageInstallation;
  documents: Documents;
  artifacts: ArtifactCache;
  /** Of each log. */
  keep: LogKeep;
  /** Directories of a tree identity's repositories, by name; null where this drone does not have it. */
  treeLocations(identity: string): Promise<Record<string, string> | null>;
}

const program = (name: string): string => join(packageRoot(), "portage/python", name);

/**
 * Makes everything ready and starts the build, which from then on belongs to no process of ours. Nothing is started where a
 * dependency or the tree is missing. What an earlier try left must be gone.
 */
export async function startBuild(workshop: Workshop, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const { order } = attempt;
  const preparedFrom = Date.now();
  await recordOrder(attempt);
  const [trees, plan, bundle] = await Promise.all([
    workshop.treeLocations(order.tree),
    workshop.documents.plan(order.plan),
    workshop.documents.bundle(order.bundle),
  ]);
  const wanted = plan.packages[order.index];
  if (wanted?.cpv !== order.cpv || plan.tree !== order.tree || plan.bundle !== order.bundle) {
    throw failureOf({ class: "infrastructure", message: `the order for ${order.cpv} does not fit to its plan` });
  }
  if (trees === null) {
    const message = `${workshop.drone.name} does not have tree ${order.tree}, which the plan was made from`;
    throw failureOf({ class: "stale", message });
  }
  const needed = await workshop.documents.artifacts(order, plan, dependencyClosure(plan, order.index));
  const copies = join(attempt.root, "var/log/portage");
  const [root] = await Promise.all([
    createBuildRoot({
      path: attempt.root,
      portage: workshop.portage,
      bundle,
      trees,
      settings: {
        makeJobs: jobsOf(order, workshop.drone),
        distfiles: workshop.drone.distfiles,
        distdir: join(workshop.drone.dir, "distfiles"),
        pkgdir: attempt.packages,
        logdir: copies,
      },
    }),
    workshop.artifacts.ensure(
      needed.map((it) => it.sha256),
      signal,
    ),
    reserveBuildIds(attempt, wanted.buildId),
    mkdir(dirname(attempt.log), { recursive: true }),
  ]);
  const job = {
    root: root.path,
    packages: needed.map((it) => ({ ...it, file: workshop.artifacts.path(it.sha256), place: placeOf(it.cpv) })),
    emerge: root.bin("emerge"),
    report: reportFile(attempt),
    command: emergeCommand(root, `=${wanted.cpv}::${wanted.repository}`),
  };
  await writeFile(jobFile(attempt), JSON.stringify(job));
  await writeFile(attempt.log, "");
  await recordStart(attempt, { buildId: wanted.buildId, preparedFrom });
  signal.throwIfAborted();
  const { python } = root.portage;
  const started = await startSupervisor(
    attempt,
    {
      log: attempt.log,
      keep: workshop.keep,
      copies,
      nice: order.nice,
      cores: workshop.drone.coresLimit,
      disk: [attempt.root],
      cgroup: (await workshop.cgroups?.create(attempt.label, order.memoryLimitBytes ?? null)) ?? null,
      command: [python, program("provision.py"), jobFile(attempt)],
    },
    { python, cwd: root.path, env: root.env },
  );
  if (started) return;
  throw failureOf({ class: "drone", message: `the supervisor of the build did not start: ${python} -I -S` });
}

function jobsOf({ jobs }: BuildOrder, { maxJobs, coresLimit }: Workshop["drone"]): number {
  return Math.max(1, Math.min(jobs, maxJobs, coresLimit));
}

/** Where a package lies in a PKGDIR of its own. */
function placeOf(cpv: string): string {
  const { cp, pf } = parseCpv(cpv);
  return `${cp}/${pf}-1.gpkg.tar`;
}

/** Only this package: --nodeps keeps Portage from looking for others, --buildpkgonly from installing it. */
function emergeCommand(root: BuildRoot, atom: string): string[] {
  return [root.bin("emerge"), "--buildpkgonly", "--oneshot", "--nodeps", "--quiet-build=n", atom];
}

/**
 * Portage gives a package the first BUILD_ID whose file name is free. Directories with the lower names take those: files
 * would be read as broken packages.
 */
async function reserveBuildIds(attempt: Attempt, buildId: number): Promise<void> {
  await mkdir(dirname(attempt.packageFile(buildId)), { recursive: true });
  await Promise.all(Array.from({ length: buildId - 1 }, (_, index) => mkdir(attempt.packageFile(index + 1))));
}
