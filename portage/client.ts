import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../model/errors.ts";
import type { TargetBundle } from "../model/target.ts";
import { type BuildRoot, createBuildRoot } from "./buildRoot.ts";
import { type EmergeOptions, type EmergeResult, runEmerge } from "./emerge.ts";
import type { PortageInstallation } from "./install.ts";
import { changedPackages, installedPackages } from "./installed.ts";

export interface ClientRootOptions {
  path: string;
  portage: PortageInstallation;
  bundle: TargetBundle;
  /** Repository name -> directory of the tree. */
  trees: Record<string, string>;
  /** Where the target's Packages index is: `http://host:8080/<binhost>/<target>`. */
  binhostUrl: string;
  /** Directories of distfiles that are only read: for a client that compiles something itself. */
  distfiles?: string[];
}

/** A root that takes its binaries from a binhost. */
export interface ClientRoot extends BuildRoot {
  binhostUrl: string;
}

/**
 * A machine of a target, as a directory: a root with the target's configuration that takes binaries from a binhost.
 * UserError where nothing on this machine can fetch them.
 */
export async function createClientRoot(options: ClientRootOptions): Promise<ClientRoot> {
  const { path, portage, bundle, trees, binhostUrl, distfiles = [] } = options;
  const root = await createBuildRoot({
    path,
    portage,
    bundle,
    trees,
    settings: {
      makeJobs: 2,
      distfiles,
      distdir: join(path, "var/cache/distfiles"),
      pkgdir: join(path, "var/cache/binpkgs"),
    },
  });
  const binrepos = join(path, "etc/portage/binrepos.conf");
  await mkdir(binrepos, { recursive: true });
  await writeFile(join(binrepos, "swarm.conf"), `[swarm]\npriority = 10\nsync-uri = ${binhostUrl}\n`);
  const fetch = fetchConf(root.env.PATH ?? "");
  if (fetch !== "") await writeFile(join(path, "etc/portage/make.conf/95-fetch"), fetch);
  return { ...root, binhostUrl };
}

/** Portage's variables that fetch with curl. */
const CURL = `# There is no wget on this machine, which Portage fetches with by default.
FETCHCOMMAND="curl --fail --silent --show-error --location --retry 3 --output \\"\\\${DISTDIR}/\\\${FILE}\\" \\"\\\${URI}\\""
RESUMECOMMAND="curl --fail --silent --show-error --location --retry 3 --continue-at - --output \\"\\\${DISTDIR}/\\\${FILE}\\" \\"\\\${URI}\\""
`;

/**
 * What make.conf needs to fetch over HTTP: nothing where wget is in `path`, which is Portage's default.
 * Portage reads a binhost's index by itself, but starts a program for each package.
 * UserError where there is neither wget nor curl.
 */
export function fetchConf(path: string): string {
  const has = (program: string): boolean => path.split(":").some((directory) => existsSync(join(directory, program)));
  if (has("wget")) return "";
  if (has("curl")) return CURL;
  throw new UserError(
    `Portage fetches binary packages with wget or curl, and neither is in ${path}: install one (Debian, Ubuntu: apt install wget)`,
  );
}

/** Binaries of the binhost only, as this target would have built them. */
const FROM_BINHOST = ["--getbinpkg", "--binpkg-respect-use=y", "--with-bdeps=n"];

export interface ClientUpdate extends EmergeResult {
  /** CPVs that were installed, also those that were installed again. Sorted. */
  installed: string[];
}

/** Updates a client's world from the binhost; compiles nothing. UserError where emerge fails. */
export async function updateClient(root: ClientRoot, options: EmergeOptions = {}): Promise<ClientUpdate> {
  const before = await installedPackages(root.path);
  const result = await emergeFromBinhost(
    root,
    ["--quiet", "--usepkgonly", ...FROM_BINHOST, "--rebuilt-binaries=y", "-uDN", "--jobs=2", "@world"],
    options,
  );
  return { ...result, installed: changedPackages(before, await installedPackages(root.path)) };
}

/** What a client of the target would install from nothing, by CPV. The hit rate is binary / (binary + source). */
export interface ClientPlan {
  /** As a binary of the binhost. */
  binary: string[];
  /** The binhost has no binary that this client accepts: it would have to compile it. */
  source: string[];
}

/** Asks Portage, as a client of the target, where each package of its world would come from. Changes nothing. */
export async function clientPlan(root: ClientRoot, options: EmergeOptions = {}): Promise<ClientPlan> {
  const { output } = await emergeFromBinhost(
    root,
    ["--pretend", "--usepkg", ...FROM_BINHOST, "--emptytree", "@world"],
    options,
  );
  const plan: ClientPlan = { binary: [], source: [] };
  // Format: `[binary   gN    ] app-misc/calc-1.1-3::demo  USE="..."`, where -3 is the build id, of binaries only.
  for (const [, kind, name = ""] of output.matchAll(/^\[(binary|ebuild)[^\]]*\]\s+([^\s:]+)/gm)) {
    if (kind === "binary") plan.binary.push(name.replace(/-\d+$/, ""));
    else plan.source.push(name);
  }
  return plan;
}

/**
 * Portage keeps a binhost's index by host and path, not port, and does not see one that changed within the same second:
 * so each question begins without. Where the index cannot be fetched emerge goes on without, and may well say that
 * there is nothing to do: so it is looked for afterwards.
 */
async function emergeFromBinhost(
  root: ClientRoot,
  args: readonly string[],
  options: EmergeOptions,
): Promise<EmergeResult> {
  const cache = join(root.path, "var/cache/edb/binhost");
  await rm(cache, { recursive: true, force: true });
  const outcome = await runEmerge(root, args, options).catch((error: unknown) => ({ error }));
  options.signal?.throwIfAborted();
  const cached = await readdir(cache, { recursive: true }).catch(() => []);
  if (!cached.some((file) => basename(file) === "Packages")) {
    throw new UserError(
      `the package index ${root.binhostUrl}/Packages cannot be fetched: is the binhost up, and was the target ever published? (swarm snapshots)`,
    );
  }
  if ("error" in outcome) throw outcome.error;
  return outcome;
}
