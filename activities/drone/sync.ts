import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { SyncRequest } from "../../model/activities.ts";
import { UserError } from "../../model/errors.ts";
import type { DroneSyncReport } from "../../model/fleet.ts";
import type { TargetBundle } from "../../model/target.ts";
import { createBuildRoot, rootPath } from "../../portage/buildRoot.ts";
import type { PortageInstallation } from "../../portage/install.ts";
import { run } from "../../system/command.ts";
import type { Documents } from "./documents.ts";
import { toolchain } from "./facts.ts";
import type { TreeStore } from "./trees/treeStore.ts";

export interface SyncDeps {
  drone: { name: string; dir: string; prefixLength: number; distfiles: string[] };
  portage: PortageInstallation;
  documents: Documents;
  trees: TreeStore;
}

/** Brings the run's trees and bundle, and reports what this drone then has. @throws UserError, BinhostError */
export async function syncDrone(deps: SyncDeps, request: SyncRequest, signal: AbortSignal): Promise<DroneSyncReport> {
  const { trees: sources, fetch, pin } = request;
  if (sources.length === 0)
    throw new UserError("no [[tree]] is configured: add the repository that the target is built from");
  const [set, bundle, tools] = await Promise.all([
    deps.trees.sync({ trees: sources, fetch, pin, signal }),
    deps.documents.bundle(request.bundle),
    toolchain(),
  ]);
  return {
    name: deps.drone.name,
    tree: set.identity,
    treeTime: set.time,
    bundle: request.bundle,
    ...tools,
    chost: await targetChost(deps, bundle, set.locations, signal),
    portage: deps.portage.version,
  };
}

/** The target's CHOST as Portage reads it from profile and make.conf: also shows that both are usable here. */
async function targetChost(
  deps: SyncDeps,
  bundle: TargetBundle,
  trees: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const { drone, portage } = deps;
  const path = rootPath(join(drone.dir, "roots"), `sync-${randomBytes(4).toString("hex")}`, drone.prefixLength);
  try {
    const root = await createBuildRoot({
      path,
      portage,
      bundle,
      trees,
      settings: {
        makeJobs: 1,
        distfiles: drone.distfiles,
        distdir: join(drone.dir, "distfiles"),
        pkgdir: join(path, "var/cache/binpkgs"),
      },
    });
    const chost = (await run(root.bin("portageq"), ["envvar", "CHOST"], { env: root.env, signal })).trim();
    if (chost === "") throw new UserError(`target ${bundle.name}: its profile and make.conf set no CHOST`);
    return chost;
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}
