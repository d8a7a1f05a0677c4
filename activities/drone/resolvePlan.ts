import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ResolveRequest, ResolveResult } from "../../model/activities.ts";
import type { Plan } from "../../model/plan.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import type { TargetBundle } from "../../model/target.ts";
import { createBuildRoot, rootPath } from "../../portage/buildRoot.ts";
import type { PortageInstallation } from "../../portage/install.ts";
import { decideNeeded } from "../../portage/needed.ts";
import { planGraph } from "../../portage/plan.ts";
import { planBytes } from "../../portage/planFile.ts";
import { resolveWorld } from "../../portage/resolve.ts";
import { unmatchedPatterns } from "../../portage/unmatchedPatterns.ts";
import type { BinhostClient } from "../../store/client.ts";
import { estimatesOf } from "../estimates.ts";

export interface ResolveServices {
  portage: PortageInstallation;
  binhost: BinhostClient;
  /** Where the drone's build roots lie, and the length of their paths. */
  rootsDir: string;
  prefixLength: number;
}

/**
 * Resolves what the target needs in a root of its own, compares it with the target's snapshot, and leaves the plan on the
 * binhost. Repeating it gives the same plan.
 * @param trees repository name -> directory of the tree with the identity asked for.
 */
export async function resolvePlan(
  request: ResolveRequest,
  bundle: TargetBundle,
  trees: Record<string, string>,
  services: ResolveServices,
  signal: AbortSignal,
): Promise<ResolveResult> {
  const { portage, binhost, rootsDir, prefixLength } = services;
  const path = rootPath(rootsDir, `resolve-${request.target}-`, prefixLength);
  // Nothing may be installed: what a client needs must not depend on what this drone did last. What Portage caches of a
  // tree stays, since a tree without a metadata cache costs seconds to read.
  await rm(join(path, "var/db"), { recursive: true, force: true });
  const root = await createBuildRoot({
    path,
    portage,
    bundle,
    trees,
    settings: { makeJobs: 1, distfiles: [], distdir: join(path, "distfiles"), pkgdir: join(path, "packages") },
  });
  const [report, snapshot, later] = await Promise.all([
    resolveWorld({ root, atoms: request.atoms, signal }),
    request.snapshot === null ? null : binhost.snapshot(request.target, request.snapshot),
    laterSnapshots(binhost, request.target, request.snapshot),
  ]);
  const plan: Plan = {
    target: request.target,
    tree: request.tree,
    bundle: request.bundle,
    snapshot: request.snapshot,
    packages: decideNeeded(report, snapshot, later),
    unresolvable: report.unresolvable,
    notices: report.notices,
  };
  const estimates = await estimatesOf(binhost, plan);
  const graph = planGraph(plan, estimates.of);
  const indexes = new Map(plan.packages.map((p, index) => [p.cpv, index]));
  return {
    plan: await binhost.putBlob(planBytes(plan)),
    graph,
    planIndex: graph.packages.map((p) => indexes.get(p.cpv) ?? -1),
    unresolvable: plan.unresolvable,
    // Not the plan's: the same request gives the same plan.
    notices: [
      ...plan.notices,
      ...(estimates.notice === null ? [] : [estimates.notice]),
      ...unmatchedPatterns(
        request.patterns ?? [],
        plan.packages.map((p) => p.cpv),
      ),
    ],
    present: plan.packages.filter((p) => p.needed === null).length,
  };
}

/** Snapshots that were published after the current one: there are some only where the target was rolled back. */
async function laterSnapshots(binhost: BinhostClient, target: string, current: string | null): Promise<Snapshot[]> {
  if (current === null) return [];
  // Newest first.
  const ids = (await binhost.snapshots(target)).map((it) => it.id);
  const later = await Promise.all(ids.slice(0, ids.indexOf(current)).map((id) => binhost.snapshot(target, id)));
  return later.filter((it) => it !== null);
}
