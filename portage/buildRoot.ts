import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../model/errors.ts";
import type { TargetBundle } from "../model/target.ts";
import { portageFiles, worldFiles } from "./bundleFiles.ts";
import type { PortageInstallation } from "./install.ts";

/** What is a drone's own in a build root; everything else is the target's. */
export interface BuildRootSettings {
  /** MAKEOPTS jobs. */
  makeJobs: number;
  /** Directories of distfiles that are only read. */
  distfiles: string[];
  /** Where fetched distfiles go. */
  distdir: string;
  /** Binary packages: those to install from, and those built. */
  pkgdir: string;
  /** Default: var/tmp in the root. */
  tmpdir?: string;
  /** Default: var/log/portage in the root. */
  logdir?: string;
}

export interface BuildRootOptions {
  path: string;
  portage: PortageInstallation;
  bundle: TargetBundle;
  /** Repository name -> directory of the tree. */
  trees: Record<string, string>;
  settings: BuildRootSettings;
}

/** A directory that Portage takes for a whole Gentoo: with its own configuration, trees and installed packages. */
export interface BuildRoot {
  path: string;
  portage: PortageInstallation;
  /** The complete environment of every program that works in it: nothing of ours leaks in. */
  env: Record<string, string>;
  /** Absolute path of one of Portage's programs: emerge, ebuild, emaint... */
  bin(tool: string): string;
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Passed on where set: a drone behind a proxy fetches through it. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy"].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** GNU tools by the names that Portage calls them in a prefix. */
const GNU_TOOLS = { gtar: "tar", gmake: "make", gsed: "sed" };

/**
 * What does not work, or only makes noise, in a prefix that has the user who runs the drone and no Gentoo around it;
 * what a throw-away root needs not: waiting for disks, keeping replaced libraries, news; and trust in PKGDIR's index,
 * which would hide the packages that are put there as files.
 */
const FEATURES =
  "-sandbox -usersandbox -userpriv -userfetch -usersync -network-sandbox -ipc-sandbox -pid-sandbox -mount-sandbox " +
  "-news -merge-sync -merge-wait -preserve-libs -pkgdir-index-trusted -buildpkg-live binpkg-multi-instance";

/**
 * A path below `parent` of exactly `length` bytes. All roots of a target have one length, since Portage moves a binary
 * package to another prefix by replacing bytes, and a longer prefix than the one it was built in corrupts it.
 * UserError where `parent` is too long for that.
 */
export function rootPath(parent: string, label: string, length: number): string {
  const start = join(parent, label);
  const missing = length - Buffer.byteLength(start);
  const name = label + "_".repeat(Math.max(0, missing));
  if (missing < 0 || Buffer.byteLength(name) > 255) {
    const advice = missing < 0 ? `at least ${length - missing}` : `at most ${Buffer.byteLength(parent) + 256}`;
    throw new UserError(
      `build root ${start}: cannot be padded to prefix_length = ${length} bytes: choose another directory for the drone, or set prefix_length to ${advice} on every drone of the swarm`,
    );
  }
  return join(parent, name);
}

/**
 * Makes `path` a build root, or makes it agree again with the bundle: files of an earlier bundle are gone, installed
 * packages stay. Nothing may be running in it.
 */
export async function createBuildRoot(options: BuildRootOptions): Promise<BuildRoot> {
  const { path, portage, bundle, trees, settings } = options;
  const owner = await currentUser();
  const tmpdir = settings.tmpdir ?? join(path, "var/tmp");
  const logdir = settings.logdir ?? join(path, "var/log/portage");
  checkPaths([path, tmpdir, logdir, settings.distdir, settings.pkgdir, ...settings.distfiles, ...Object.values(trees)]);

  const files = portageFiles(bundle, droneConf(settings, tmpdir, logdir, owner));
  files.set("repos.conf/trees.conf", reposConf(bundle, trees));
  const profile = profilePath(bundle, trees);

  const home = join(path, "home");
  const world = worldFiles(bundle.world);
  await Promise.all([
    writeConfiguration(join(path, "etc"), files, profile),
    writeWorld(join(path, "var/lib/portage"), world),
    linkTools(join(path, "bin")),
    linkGlobals(join(path, portage.globalConfig), join(portage.prefixDir, portage.globalConfig)),
    ...["usr/bin", "usr/lib", "var/db/pkg", "var/cache/edb/dep", "run"].map((name) =>
      mkdir(join(path, name), { recursive: true }),
    ),
    ...[home, tmpdir, logdir, settings.distdir, settings.pkgdir].map((name) => mkdir(name, { recursive: true })),
  ]);
  const proxies = PROXY_VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  return {
    path,
    portage,
    env: {
      ...Object.fromEntries(proxies),
      // Without it Portage would take the machine itself, or its virtual environment, for the root.
      PORTAGE_OVERRIDE_EPREFIX: path,
      // Portage's helpers that read no make.conf look here for whom files belong to.
      PORTAGE_USERNAME: owner.user,
      PORTAGE_GRPNAME: owner.group,
      HOME: home,
      TERM: "dumb",
      LC_ALL: "C.UTF-8",
      PATH: `${join(path, "bin")}:${portage.bin}:${SYSTEM_PATH}`,
    },
    bin: (tool) => join(portage.bin, tool),
  };
}

interface Owner {
  user: string;
  group: string;
  uid: number;
  gid: number;
}

async function currentUser(): Promise<Owner> {
  const { username, uid, gid } = userInfo();
  const groups = (await readFile("/etc/group", "utf8")).split("\n").map((line) => line.split(":"));
  const group = groups.find((fields) => fields[2] === String(gid))?.[0];
  if (!group) throw new UserError(`the group ${gid} of user ${username} has no name in /etc/group: Portage needs one`);
  return { user: username, group, uid, gid };
}

/** Portage's files, and many packages' own build systems, cannot quote these. */
function checkPaths(paths: readonly string[]): void {
  const bad = paths.filter((path) => !/^\/[^\s"'$`\\%]*$/.test(path));
  if (bad.length > 0) {
    throw new UserError(
      bad.map((path) => `path "${path}": must be absolute, without spaces, quotes, $, \` , \\ and %`),
    );
  }
}

function droneConf(settings: BuildRootSettings, tmpdir: string, logdir: string, owner: Owner): string {
  const variables = {
    MAKEOPTS: `-j${settings.makeJobs}`,
    FEATURES: `\${FEATURES} ${FEATURES}`,
    EMERGE_DEFAULT_OPTS: "--color=n --nospinner --quiet-build=y --ask=n",
    NOCOLOR: "true",
    CLEAN_DELAY: "0",
    EMERGE_WARNING_DELAY: "0",
    BINPKG_FORMAT: "gpkg",
    BINPKG_COMPRESS: "zstd",
    DISTDIR: settings.distdir,
    PORTAGE_RO_DISTDIRS: settings.distfiles.join(" "),
    PKGDIR: settings.pkgdir,
    PORTAGE_TMPDIR: tmpdir,
    PORTAGE_LOGDIR: logdir,
    PORTAGE_USERNAME: owner.user,
    PORTAGE_GRPNAME: owner.group,
    PORTAGE_INST_UID: String(owner.uid),
    PORTAGE_INST_GID: String(owner.gid),
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"\n`);
  return `# The drone's own settings: written at each start\n${lines.join("")}`;
}

function reposConf(bundle: TargetBundle, trees: Record<string, string>): string {
  const sections = Object.entries(trees).map(
    ([name, location]) => `\n[${name}]\nlocation = ${location}\nauto-sync = no\n`,
  );
  return `[DEFAULT]\nmain-repo = ${bundle.profile.repository}\n${sections.join("")}`;
}

function profilePath(bundle: TargetBundle, trees: Record<string, string>): string {
  const { repository, path } = bundle.profile;
  const tree = trees[repository];
  if (!tree) {
    const known = Object.keys(trees).join(", ") || "none";
    throw new UserError(
      `target ${bundle.name}: its profile is in repository "${repository}", which is no [[tree]] of the swarm (there: ${known})`,
    );
  }
  const profile = join(tree, "profiles", path);
  if (!profile.startsWith(join(tree, "profiles/")) || !existsSync(profile)) {
    throw new UserError(
      `target ${bundle.name}: there is no profile "${path}" in repository "${repository}" (${profile})`,
    );
  }
  return profile;
}

/** etc/portage is made anew beside the old one, so that no file of an earlier bundle survives. */
async function writeConfiguration(etc: string, files: Map<string, string>, profile: string): Promise<void> {
  const fresh = join(etc, "portage.new");
  await rm(fresh, { recursive: true, force: true });
  for (const directory of new Set([...files.keys()].map((name) => dirname(join(fresh, name))))) {
    await mkdir(directory, { recursive: true });
  }
  await Promise.all([...files].map(([name, text]) => writeFile(join(fresh, name), text, { flag: "wx" })));
  await symlink(profile, join(fresh, "make.profile"));
  await rm(join(etc, "portage"), { recursive: true, force: true });
  await rename(fresh, join(etc, "portage"));
}

async function writeWorld(directory: string, { world, sets }: { world: string; sets: string }): Promise<void> {
  await mkdir(directory, { recursive: true });
  await Promise.all([writeFile(join(directory, "world"), world), writeFile(join(directory, "world_sets"), sets)]);
}

async function linkTools(bin: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  for (const [name, tool] of Object.entries(GNU_TOOLS)) {
    const found = SYSTEM_PATH.split(":").find((directory) => existsSync(join(directory, tool)));
    if (found) await link(join(found, tool), join(bin, name));
  }
}

/** Portage's own defaults, but not its built-in repositories, which are not on this machine. */
async function linkGlobals(to: string, from: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of ["make.globals", "sets"]) await link(join(from, name), join(to, name));
  for (const name of ["repos.conf", "binrepos.conf"]) await writeFile(join(to, name), "");
}

async function link(target: string, path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found?.isSymbolicLink() && (await readlink(path)) === target) return;
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}
