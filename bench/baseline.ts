import { join } from "node:path";
import type { TargetBundle } from "../model/target.ts";
import { createBuildRoot } from "../portage/buildRoot.ts";
import { type EmergeOptions, runEmerge } from "../portage/emerge.ts";
import type { PortageInstallation } from "../portage/install.ts";
import { changedPackages, installedPackages } from "../portage/installed.ts";

export interface BaselineOptions extends EmergeOptions {
  /** The root: a directory that is not there yet, or one where an earlier state was built. */
  path: string;
  portage: PortageInstallation;
  bundle: TargetBundle;
  trees: Record<string, string>;
  distfiles: string[];
  /** MAKEOPTS jobs of each package: this machine's cores. */
  makeJobs: number;
}

export interface Baseline {
  /** Wall seconds of the emerge alone. */
  seconds: number;
  /** CPVs that were built, sorted. */
  packages: string[];
}

/** The same work without a swarm: one `emerge --jobs=2 --buildpkg` of a target's world, into the root's var/cache/binpkgs. */
export async function emergeBaseline(options: BaselineOptions): Promise<Baseline> {
  const { path, portage, bundle, trees, distfiles, makeJobs } = options;
  const cache = join(path, "var/cache");
  const settings = { makeJobs, distfiles, distdir: join(cache, "distfiles"), pkgdir: join(cache, "binpkgs") };
  const root = await createBuildRoot({ path, portage, bundle, trees, settings });
  const args = ["--quiet", "--buildpkg", "--jobs=2", "--with-bdeps=y", "-uDN", "@world"];
  const before = await installedPackages(path);
  const { seconds } = await runEmerge(root, args, options);
  return { seconds, packages: changedPackages(before, await installedPackages(path)) };
}
