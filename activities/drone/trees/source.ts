import { mkdir } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { UserError } from "../../../model/errors.ts";
import type { TreeSource } from "../../../model/target.ts";
import { CommandError, run } from "../../../system/command.ts";
import { copyTree } from "./copyTree.ts";

/** A tree that was brought to `directory`, whole. */
export interface FetchedTree {
  /** `git:<commit>`, or `<timestamp>:<sha256>` (`unstamped:<sha256>` where the tree has no timestamp of its own). */
  identity: string;
  /** ISO 8601 */
  time: string;
}

export interface FetchRequest {
  source: TreeSource;
  /** Kept from sync to sync, so that only changes travel. */
  mirror: string;
  /** Where the tree goes; must not exist. */
  directory: string;
  /** Bring this identity if the source still has it. */
  pin: string | null;
  signal: AbortSignal;
}

/** Brings the tree as its source has it now (or had it, with `pin`). @throws UserError that names the tree. */
export async function fetchTree(request: FetchRequest): Promise<FetchedTree> {
  const { source } = request;
  try {
    if (source.sync === "git") return await fetchGit(request);
    if (source.sync === "rsync") return await fetchRsync(request);
    return await fetchDirectory(source.uri, request);
  } catch (error) {
    if (error instanceof UserError)
      throw new UserError(`tree "${source.name}" (${source.sync} ${source.uri}): ${error.message}`);
    throw error;
  }
}

async function fetchGit({ source, mirror, directory, pin, signal }: FetchRequest): Promise<FetchedTree> {
  const purpose = `[[tree]] ${source.name} has sync = "git": install git`;
  // Proxies and keys are the user's; a question would hang.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...ours } = process.env;
  const env = { ...ours, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C.UTF-8" };
  const git = (args: string[], more: NodeJS.ProcessEnv = {}): Promise<string> =>
    run("git", [`--git-dir=${mirror}`, ...args], { env: { ...env, ...more }, signal, purpose });
  await mkdir(mirror, { recursive: true });
  await git(["init", "--quiet", "--bare"]);
  await git(["fetch", "--quiet", "--no-tags", "--force", "--", source.uri, "+HEAD:refs/swarm/head"]);
  const pinned = pin === null ? null : (/^git:([0-9a-f]{40,64})$/.exec(pin)?.[1] ?? null);
  const known = pinned !== null && (await has(git, pinned));
  const commit = known ? pinned : (await git(["rev-parse", "--verify", "refs/swarm/head^{commit}"])).trim();
  await mkdir(directory, { recursive: true });
  // An index of its own: the mirror's must not remember another checkout.
  await git([`--work-tree=${directory}`, "read-tree", "--reset", "-u", commit], {
    GIT_INDEX_FILE: join(mirror, `index.${process.pid}`),
  });
  const time = (await git(["show", "--no-patch", "--format=%cI", commit])).trim();
  return { identity: `git:${commit}`, time };
}

async function has(git: (args: string[]) => Promise<string>, commit: string): Promise<boolean> {
  try {
    await git(["cat-file", "-e", `${commit}^{commit}`]);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

async function fetchRsync(request: FetchRequest): Promise<FetchedTree> {
  const { source, mirror, signal } = request;
  await mkdir(mirror, { recursive: true });
  const options = ["--recursive", "--links", "--times", "--perms", "--delete", "--delete-after", "--timeout=180"];
  const excluded = ["/distfiles", "/packages", "/local", "/.git"].map((name) => `--exclude=${name}`);
  await run("rsync", [...options, ...excluded, "--", `${source.uri.replace(/\/+$/, "")}/`, `${mirror}/`], {
    signal,
    purpose: `[[tree]] ${source.name} has sync = "rsync": install rsync`,
  });
  return await fetchDirectory(mirror, request);
}

async function fetchDirectory(from: string, { directory, signal }: FetchRequest): Promise<FetchedTree> {
  if (!isAbsolute(from)) throw new UserError(`${from} is not an absolute path`);
  const { sha256, time, stamped } = await copyTree(from, directory, signal);
  return { identity: `${stamped ? time : "unstamped"}:${sha256}`, time };
}
