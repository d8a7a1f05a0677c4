import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXPECTED_BUILDS, OLDER_PACKAGES } from "../../demo/expected.ts";
import { type DemoState, makeDemoTarget, makeDemoTree } from "../../demo/material.ts";
import { packageRoot } from "../../system/packageRoot.ts";

let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "swarm-demo-"));
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

async function make(label: string, from: DemoState) {
  const made = { treeDir: join(scratch, label, "tree"), distfilesDir: join(scratch, label, "distfiles") };
  await makeDemoTree({ from, ...made });
  return made;
}

/** Relative path -> content, of all files below a directory. */
async function contents(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = files.sort().map(async (file) => [file.slice(directory.length + 1), await readFile(file, "latin1")]);
  return Object.fromEntries(await Promise.all(pairs));
}

const ebuilds = (files: Record<string, string>): string[] =>
  Object.keys(files)
    .filter((file) => file.endsWith(".ebuild"))
    .map((file) => file.replace(/\/[^/]+\/([^/]+)\.ebuild$/, "/$1"))
    .sort();

test("tree and archives are the same bytes when they are made twice", async () => {
  const [one, two] = [await make("one", "next"), await make("two", "next")];
  expect(await contents(two.treeDir)).toEqual(await contents(one.treeDir));
  expect(await contents(two.distfilesDir)).toEqual(await contents(one.distfilesDir));
});

test("a tree that moved on is as one made anew", async () => {
  const moved = await make("moved", "first");
  await makeDemoTree({ from: "next", ...moved });
  expect(await contents(moved.treeDir)).toEqual(await contents((await make("anew", "next")).treeDir));
});

test("the first state has exactly what is expected to be built and what the client has before", async () => {
  const first = await contents((await make("first", "first")).treeDir);
  expect(ebuilds(first)).toEqual([...EXPECTED_BUILDS.first, ...OLDER_PACKAGES].sort());
});

test("each source has its ebuild, and each file of it is in the archive", async () => {
  const { distfilesDir } = await make("sources", "next");
  const sources = join(packageRoot(), "demo/sources");
  const archives: string[] = [];
  for (const name of await readdir(sources)) {
    for (const version of await readdir(join(sources, name))) {
      const archive = `${name}-${version}.tar`;
      archives.push(archive);
      const bytes = await readFile(join(distfilesDir, archive), "latin1");
      for (const file of await readdir(join(sources, name, version))) {
        expect(bytes).toContain(`${name}-${version}/${file}\0`);
        expect(bytes).toContain(await readFile(join(sources, name, version, file), "latin1"));
      }
    }
  }
  expect((await readdir(distfilesDir)).sort()).toEqual(archives.sort());
});

test("the next target differs in the USE of one package", async () => {
  const targetDir = join(scratch, "target");
  await makeDemoTarget({ from: "first", targetDir });
  const first = await contents(targetDir);
  await makeDemoTarget({ from: "next", targetDir });
  const { "portage/package.use/drawerctl": added, ...rest } = await contents(targetDir);
  expect(rest).toEqual(first);
  expect(added).toContain("app-misc/drawerctl json");
});
