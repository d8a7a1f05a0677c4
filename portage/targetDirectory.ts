import { lstat, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { messageOf, UserError, usageError } from "../model/errors.ts";
import type { TargetBundle } from "../model/target.ts";
import { parseAtomList } from "./atomList.ts";
import { BUNDLE_LIMIT, bundleBytes, FILE_LIMIT, staysBelow, targetNameProblem } from "./bundle.ts";

/**
 * Entries of /etc/portage that a target does not take along: places of one machine, its keys, and what merging of
 * configuration files left.
 */
const LEFT_OUT = new Set(["make.profile", "repos.conf", "binrepos.conf", "gnupg"]);

/** As Portage does where it reads a directory of configuration: hidden files and editors' backups are none. */
const isIgnored = (name: string): boolean => name.startsWith(".") || name.endsWith("~");

/** Collects all that is wrong with a directory, to say it at once. */
interface Reading {
  /** The target's directory, without links. */
  top: string;
  files: Record<string, string>;
  problems: string[];
}

/**
 * Reads a target from a directory of this layout:
 *
 *     portage/    like /etc/portage: make.conf, package.use, package.accept_keywords, package.env, env/, sets/ ...
 *     profile     one line `repository:path`, e.g. `gentoo:default/linux/amd64/23.0`; or instead of this file
 *                 the link portage/make.profile into a repository on this machine, as in /etc/portage
 *     world       atoms and @sets, one a line, `#` begins a comment
 *
 * Text files only; links are followed where they stay in the directory. UserError with all problems at once.
 */
export async function readTargetDirectory(directory: string, name: string): Promise<TargetBundle> {
  const problems: string[] = [];
  const nameProblem = targetNameProblem(name);
  if (nameProblem !== null) problems.push(nameProblem);
  let top: string;
  try {
    top = await realpath(directory);
    await readdir(top);
  } catch {
    throw usageError([...problems, `${directory}: there is no such directory that can be read`]);
  }
  const reading: Reading = { top, files: {}, problems };
  await readPortage(reading);
  const profile = await readProfile(reading);
  const world = await readWorld(reading);
  const bundle: TargetBundle = { format: 1, name, profile, files: reading.files, world };
  const size = bundleBytes(bundle).length;
  if (size > BUNDLE_LIMIT) {
    problems.push(`${top}: ${size} bytes together, and a target may have ${BUNDLE_LIMIT}: it is configuration only`);
  }
  if (problems.length > 0) throw usageError(problems);
  return bundle;
}

async function readPortage(reading: Reading): Promise<void> {
  const portage = join(reading.top, "portage");
  const found = await lstat(portage).catch(() => null);
  if (found?.isDirectory()) return await readEntries(reading, portage, "");
  reading.problems.push(`${portage}: there is no such directory: it holds what a machine has in /etc/portage`);
}

async function readEntries(reading: Reading, directory: string, prefix: string): Promise<void> {
  for (const name of (await readdir(directory)).sort()) {
    if (isIgnored(name) || (prefix === "" && LEFT_OUT.has(name))) continue;
    const path = join(directory, name);
    const entry = await lstat(path);
    if (entry.isDirectory()) {
      await readEntries(reading, path, `${prefix}${name}/`);
    } else {
      const text = await readText(reading, path);
      if (text !== null) reading.files[prefix + name] = text;
    }
  }
}

/** The text of a file, or null with a problem noted. */
async function readText(reading: Reading, path: string): Promise<string | null> {
  const problem = (text: string): null => {
    reading.problems.push(`${path}: ${text}`);
    return null;
  };
  const real = await realpath(path).catch(() => null);
  if (real === null) return problem("this link points to nothing");
  const below = relative(reading.top, real);
  if (!staysBelow(below)) return problem(`this link leads out of the target's directory, to ${real}: copy the file`);
  const file = await lstat(real);
  if (file.isDirectory()) return problem("a link to a directory: copy the directory");
  if (!file.isFile()) return problem("it is not a file");
  if (file.size > FILE_LIMIT) return problem(`${file.size} bytes, and a file of a target may have ${FILE_LIMIT}`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(real));
    return text.includes("\0") ? problem("it is not a text file") : text;
  } catch (error) {
    return problem(error instanceof TypeError ? "it is not a text file (UTF-8)" : messageOf(error));
  }
}

const PROFILE_HELP = "write the file `profile` with one line like gentoo:default/linux/amd64/23.0";

/** The profile, or one with empty parts and a problem noted. */
async function readProfile(reading: Reading): Promise<TargetBundle["profile"]> {
  const none = { repository: "", path: "" };
  const file = join(reading.top, "profile");
  const link = join(reading.top, "portage/make.profile");
  const [hasFile, hasLink] = await Promise.all([lstat(file).catch(() => null), lstat(link).catch(() => null)]);
  if (hasFile && hasLink) {
    reading.problems.push(`${file}: there is portage/make.profile too: which is the profile? Remove one`);
    return none;
  }
  if (hasLink) return (await profileOfLink(reading, link)) ?? none;
  if (!hasFile) {
    reading.problems.push(`${reading.top}: it has no profile: ${PROFILE_HELP}`);
    return none;
  }
  const text = await readText(reading, file);
  if (text === null) return none;
  const match = /^([A-Za-z0-9_][A-Za-z0-9_-]*):([^\s:]+)$/.exec(text.trim());
  const [, repository = "", path = ""] = match ?? [];
  if (match && staysBelow(path)) return { repository, path };
  reading.problems.push(`${file}: ${JSON.stringify(text.trim().slice(0, 80))} is not repository:path: ${PROFILE_HELP}`);
  return none;
}

/** `/var/db/repos/gentoo/profiles/default/linux` is `default/linux` of the repository that profiles/repo_name names. */
async function profileOfLink(reading: Reading, link: string): Promise<TargetBundle["profile"] | null> {
  const to = await readlink(link).then(
    (target) => resolve(dirname(link), target),
    () => null,
  );
  if (to === null) {
    reading.problems.push(`${link}: it is not a link: remove it and ${PROFILE_HELP}`);
    return null;
  }
  const profiles = to.lastIndexOf("/profiles/");
  const path = to.slice(profiles + "/profiles/".length);
  const repository = await readFile(join(to.slice(0, profiles), "profiles/repo_name"), "utf8").catch(() => "");
  if (profiles >= 0 && staysBelow(path) && repository.trim() !== "") return { repository: repository.trim(), path };
  reading.problems.push(
    `${link}: it points to ${to}, which is no profile in a repository on this machine: remove it and ${PROFILE_HELP}`,
  );
  return null;
}

async function readWorld(reading: Reading): Promise<string[]> {
  const path = join(reading.top, "world");
  if ((await lstat(path).catch(() => null)) === null) {
    reading.problems.push(`${path}: there is no such file: it lists what the target wants, one atom a line`);
    return [];
  }
  const text = await readText(reading, path);
  if (text === null) return [];
  try {
    return parseAtomList(text, path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    reading.problems.push(...error.problems);
    return [];
  }
}
