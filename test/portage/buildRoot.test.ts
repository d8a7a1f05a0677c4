import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { type BuildRoot, rootPath } from "../../portage/buildRoot.ts";
import { testDirectory, testRoot } from "../support/portage.ts";
import { makeTree, treeTarget } from "../support/tree.ts";

const run = (root: BuildRoot, tool: string, ...args: string[]) =>
  execa(root.bin(tool), args, { env: root.env, extendEnv: false, all: true, stdin: "ignore" });

describe("paths of one length", () => {
  test("are padded to it", () => {
    expect(rootPath("/srv/drone", "desktop", 24)).toBe("/srv/drone/desktop______");
    expect(rootPath("/srv/drone", "desktop", 18)).toBe("/srv/drone/desktop");
    expect(rootPath("/srv/drone-two", "a", 96)).toHaveLength(96);
  });
  test("are refused, with what to set, where the parent is too long or the name would be", () => {
    expect(() => rootPath("/srv/drone", "desktop", 17)).toThrow(/prefix_length to at least 18/);
    expect(() => rootPath("/srv", "a", 400)).toThrow(/prefix_length to at most 260/);
  });
  test("count bytes, as Portage does", () => {
    expect(Buffer.byteLength(rootPath("/srv/dröhne", "a", 40))).toBe(40);
  });
});

async function smallTree() {
  const directory = await testDirectory();
  return { directory, tree: await makeTree(directory, [{ cpv: "app-misc/small-1.0" }]) };
}

test("Portage sees the target's settings whole, and the drone's own after them", async () => {
  const { directory, tree } = await smallTree();
  const bundle = treeTarget(tree, ["app-misc/small", "@mine"], {
    "make.conf": 'CFLAGS="-O2 -march=native"\nFEATURES="splitdebug"\nMAKEOPTS="-j99"\nPKGDIR="/elsewhere"\nUSE="fancy"',
    "sets/mine": "app-misc/small\n",
    "repos.conf/gentoo.conf": "[gentoo]\nlocation = /var/db/repos/gentoo\n",
  });
  const root = await testRoot(join(directory, "root"), tree, bundle);
  const { stdout, stderr } = await run(root, "portageq", "envvar", "CFLAGS", "MAKEOPTS", "PKGDIR", "FEATURES", "USE");
  const [cflags, makeopts, pkgdir, features, use] = stdout.split("\n");
  expect(stderr).toBe("");
  expect([cflags, makeopts, pkgdir]).toEqual(["-O2 -march=native", "-j2", join(root.path, "var/cache/binpkgs")]);
  expect(features?.split(" ")).toEqual(expect.arrayContaining(["splitdebug", "binpkg-multi-instance"]));
  expect(features?.split(" ")).not.toContain("sandbox");
  expect(use?.split(" ")).toContain("fancy");
  expect(await readFile(join(root.path, "var/lib/portage/world"), "utf8")).toBe("app-misc/small\n");
  expect(await readFile(join(root.path, "var/lib/portage/world_sets"), "utf8")).toBe("@mine\n");
  expect(await readdir(join(root.path, "etc/portage/repos.conf"))).toEqual(["trees.conf"]);
});

test("a make.conf that is a directory stays one, in its order", async () => {
  const { directory, tree } = await smallTree();
  const files = { "make.conf/20-b": `CFLAGS="\${CFLAGS} -b"\n`, "make.conf/10-a": 'CFLAGS="-a"\n' };
  const { "make.conf": _whole, ...other } = treeTarget(tree, []).files;
  const bundle = { ...treeTarget(tree, []), files: { ...other, ...files } };
  const root = await testRoot(join(directory, "root"), tree, bundle);
  expect((await run(root, "portageq", "envvar", "CFLAGS", "MAKEOPTS")).stdout).toBe("-a -b\n-j2");
});

test("made again with another bundle, it has nothing of the first; what is installed stays", async () => {
  const { directory, tree } = await smallTree();
  const path = join(directory, "root");
  await testRoot(path, tree, treeTarget(tree, [], { "package.use/old": "app-misc/small old\n" }));
  await mkdir(join(path, "var/db/pkg/app-misc/small-1.0"), { recursive: true });
  // As left by a process that died in the middle of it.
  await mkdir(join(path, "etc/portage.new/package.use"), { recursive: true });
  await writeFile(join(path, "etc/portage.new/package.use/half"), "app-misc/sm");
  await testRoot(path, tree, treeTarget(tree, [], { "package.use": "app-misc/small new\n" }));
  expect(await readFile(join(path, "etc/portage/package.use"), "utf8")).toBe("app-misc/small new\n");
  expect((await readdir(join(path, "etc"))).toSorted()).toEqual(["portage"]);
  await access(join(path, "var/db/pkg/app-misc/small-1.0"));
});

test("takes well under a tenth of a second", async () => {
  const { directory, tree } = await smallTree();
  const times: number[] = [];
  for (const label of ["a", "b", "c", "d", "e"]) {
    const start = performance.now();
    await testRoot(join(directory, label), tree, treeTarget(tree, []));
    times.push(performance.now() - start);
  }
  // The best of them, since the machine may be busy; the first also finds Portage.
  expect(Math.min(...times)).toBeLessThan(50);
});

describe("a bundle that cannot be laid out is refused", () => {
  test.each([
    [
      "paths that leave etc/portage",
      { "../../etc/passwd": "", "/abs": "", "a//b": "" },
      /3 bad|"\.\.\/\.\.\/etc\/passwd".*\n.*"\/abs".*\n.*"a\/\/b"/,
    ],
    ["a file that is a directory too", { "package.use": "", "package.use/a": "" }, /"package\.use" is both/],
  ])("%s", async (_scenario, files, message) => {
    const { directory, tree } = await smallTree();
    await expect(testRoot(join(directory, "root"), tree, treeTarget(tree, [], files))).rejects.toThrow(message);
    expect(await readdir(directory)).not.toContain("root");
  });
  test("a profile that is not in the tree, or in a tree that is not there", async () => {
    const { directory, tree } = await smallTree();
    const bundle = treeTarget(tree, []);
    const attempt = (repository: string, path: string) =>
      testRoot(join(directory, "root"), tree, { ...bundle, profile: { repository, path } });
    await expect(attempt("gentoo", "default")).rejects.toThrow(/"gentoo".*\(there: test\)/);
    await expect(attempt("test", "nowhere")).rejects.toThrow(/no profile "nowhere"/);
    await expect(attempt("test", "../metadata")).rejects.toThrow(/no profile/);
  });
  test("a path that Portage cannot quote", async () => {
    const { directory, tree } = await smallTree();
    await expect(testRoot(join(directory, "a b"), tree, treeTarget(tree, []))).rejects.toThrow(/without spaces/);
  });
});

test("what one root builds, another of the same length installs, and it runs there", async () => {
  const directory = await testDirectory();
  const tree = await makeTree(directory, [
    {
      cpv: "app-misc/greet-1.0",
      files: { "greet.sh": '#!/bin/bash\necho "at @PREFIX@"\n' },
      body: `src_install() { sed -i "s|@PREFIX@|\${EPREFIX}|" greet.sh; newbin greet.sh greet; }`,
    },
  ]);
  const bundle = treeTarget(tree, ["app-misc/greet"]);
  const [builder, client] = (await Promise.all(
    ["builder", "client"].map((label) => testRoot(rootPath(directory, label, 96), tree, bundle)),
  )) as [BuildRoot, BuildRoot];
  const built = await run(builder, "emerge", "--quiet", "--oneshot", "--buildpkgonly", "app-misc/greet");
  expect(built.all).not.toMatch(/command not found|user or group missing|Unable to unshare|nonexistent/);

  const packages = "var/cache/binpkgs/app-misc/greet";
  const [name = ""] = await readdir(join(builder.path, packages));
  expect(name).toBe("greet-1.0-1.gpkg.tar");
  await mkdir(join(client.path, packages), { recursive: true });
  await writeFile(join(client.path, packages, name), await readFile(join(builder.path, packages, name)));
  await run(client, "emerge", "--quiet", "--oneshot", "--usepkgonly", "app-misc/greet");
  expect((await execa(join(client.path, "usr/bin/greet"))).stdout).toBe(`at ${client.path}`);
});
