import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { TargetBundle } from "../../model/target.ts";
import { type BuildRoot, createBuildRoot } from "../../portage/buildRoot.ts";
import { ensurePortage, type PortageInstallation } from "../../portage/install.ts";
import type { TestTree } from "./tree.ts";

let installed: Promise<PortageInstallation> | undefined;

/** The Portage that the swarm itself would use on this machine; installed by whoever comes first. */
export function testPortage(): Promise<PortageInstallation> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  installed ??= ensurePortage({ cacheDir: join(cache, "build-swarm"), env: process.env });
  return installed;
}

/** A private directory, removed when the test ends. */
export async function testDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A build root at `path` with the tree and its source archives. */
export async function testRoot(path: string, tree: TestTree, bundle: TargetBundle): Promise<BuildRoot> {
  return await createBuildRoot({
    path,
    portage: await testPortage(),
    bundle,
    trees: { [tree.name]: tree.location },
    settings: {
      makeJobs: 2,
      distfiles: [tree.distfiles],
      distdir: join(path, "var/cache/distfiles"),
      pkgdir: join(path, "var/cache/binpkgs"),
    },
  });
}
