import { dirname, join } from "node:path";
import { UserError } from "../model/errors.ts";
import type { TargetBundle } from "../model/target.ts";

/**
 * Parts of etc/portage that name places of one machine, so a target has none: a build root gets its own profile link and
 * trees, and a drone fetches no binaries by itself.
 */
const PLACES = ["make.profile", "repos.conf", "binrepos.conf"];

/** Files of our own in make.conf/: read after the target's, since Portage sorts by name. */
const TARGET_CONF = "make.conf/10-target";
const DRONE_CONF = "make.conf/90-drone";

/**
 * The files of a build root's etc/portage, by relative path.
 *
 * make.conf becomes a directory: the target's whole text in one file and the drone's own lines in a later one, where
 * `${FEATURES}` still means what the target set. So nothing that the target says is edited or lost.
 * UserError, with every bad path, where one would leave the directory or two are in each other's way.
 */
export function portageFiles(bundle: TargetBundle, droneConf: string): Map<string, string> {
  const problems: string[] = [];
  const files = new Map<string, string>();
  for (const [path, text] of Object.entries(bundle.files)) {
    const parts = path.split("/");
    if (parts.some((part) => part === "" || part === "." || part === "..") || path.includes("\0")) {
      problems.push(`target ${bundle.name}: file "${path}" is not a path below etc/portage`);
    } else if (!PLACES.includes(parts[0] ?? "")) {
      files.set(parts[0] === "make.conf" ? join(TARGET_CONF, ...parts.slice(1)) : path, text);
    }
  }
  for (const path of files.keys()) {
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
      if (files.has(parent))
        problems.push(`target ${bundle.name}: "${parent}" is both a file and a directory (of "${path}")`);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return files.set(DRONE_CONF, droneConf);
}

/** The files of var/lib/portage: the atoms of the world, and its sets. */
export function worldFiles(world: readonly string[]): { world: string; sets: string } {
  const lines = (wanted: readonly string[]): string => wanted.map((atom) => `${atom}\n`).join("");
  return {
    world: lines(world.filter((atom) => !atom.startsWith("@"))),
    sets: lines(world.filter((atom) => atom.startsWith("@"))),
  };
}
