import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { UserError } from "../model/errors.ts";
import { parseCpv } from "../portage/cpv.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { packageRoot } from "../system/packageRoot.ts";

/** `first`: what the demo's first update builds; `next`: after the tree and the target moved on. */
export type DemoState = "first" | "next";

/** Noon of 20 November 2026, UTC: the time of everything in a source archive. */
const SOURCE_TIME = new Date("2026-11-20T12:00:00Z");

const material = (...parts: string[]): string => join(packageRoot(), "demo", ...parts);

/**
 * Makes the demo's package tree of a state in `treeDir` (in the place of what is there), and in `distfilesDir` the source
 * archives of its packages. The same bytes each time.
 */
export async function makeDemoTree(options: { from: DemoState; treeDir: string; distfilesDir: string }): Promise<void> {
  const { from, treeDir, distfilesDir } = options;
  const fresh = `${treeDir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await cp(material("tree"), fresh, { recursive: true });
  if (from === "next") await cp(material("tree-next"), fresh, { recursive: true });
  await mkdir(distfilesDir, { recursive: true });
  for (const directory of await packageDirectories(fresh)) {
    const lines = await writeDistfiles(directory, distfilesDir);
    if (lines.length > 0) await writeFile(join(fresh, directory.path, "Manifest"), lines.join(""));
  }
  await rm(treeDir, { recursive: true, force: true });
  await rename(fresh, treeDir);
}

/** Makes a copy of the demo's target directory of a state, for this machine's architecture. */
export async function makeDemoTarget(options: { from: DemoState; targetDir: string }): Promise<void> {
  const { from, targetDir } = options;
  await rm(targetDir, { recursive: true, force: true });
  await cp(material("target", "desktop"), targetDir, { recursive: true });
  if (from === "next") await cp(material("target", "desktop-next"), targetDir, { recursive: true });
  await writeFile(join(targetDir, "profile"), `demo:demo/${architecture()}\n`);
}

function architecture(): string {
  if (process.arch === "x64") return "amd64";
  if (process.arch === "arm64") return "arm64";
  throw new UserError(`the demo has profiles for x86-64 and arm64; this machine is ${process.arch}`);
}

interface PackageDirectory {
  /** category/name */
  path: string;
  ebuilds: { cpv: string; text: string }[];
}

async function packageDirectories(tree: string): Promise<PackageDirectory[]> {
  const categories = (await readFile(join(tree, "profiles/categories"), "utf8")).trim().split("\n");
  const found: PackageDirectory[] = [];
  for (const category of categories) {
    for (const name of (await readdir(join(tree, category))).sort()) {
      const path = `${category}/${name}`;
      const files = (await readdir(join(tree, path))).filter((file) => file.endsWith(".ebuild")).sort();
      const ebuilds = files.map(async (file) => ({
        cpv: `${category}/${file.slice(0, -".ebuild".length)}`,
        text: await readFile(join(tree, path, file), "utf8"),
      }));
      found.push({ path, ebuilds: await Promise.all(ebuilds) });
    }
  }
  return found;
}

/** Packs the sources of a package's versions. @returns its thin Manifest's lines */
async function writeDistfiles({ ebuilds }: PackageDirectory, distfilesDir: string): Promise<string[]> {
  const lines: string[] = [];
  for (const ebuild of ebuilds.filter(({ text }) => text.includes("SRC_URI="))) {
    const { name, version } = parseCpv(ebuild.cpv);
    const file = `${name}-${version}.tar`;
    const bytes = await sourceArchive(material("sources", name, version), `${name}-${version}`);
    await writeFileAtomic(join(distfilesDir, file), bytes);
    const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
    lines.push(`DIST ${file} ${bytes.length} BLAKE2B ${digest("blake2b512")} SHA512 ${digest("sha512")}\n`);
  }
  return lines;
}

/** Not compressed: what a compressor writes may differ from one version of it to the next. */
async function sourceArchive(directory: string, top: string): Promise<Buffer> {
  const archive = pack();
  for (const file of (await readdir(directory)).sort()) {
    const header = { name: `${top}/${file}`, mode: 0o644, mtime: SOURCE_TIME, uid: 0, gid: 0 };
    archive.entry(header, await readFile(join(directory, file)));
  }
  archive.finalize();
  return await buffer(archive);
}
