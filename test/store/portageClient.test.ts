import { cp, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { ExpectedPackage } from "../../model/build.ts";
import type { BuildRoot } from "../../portage/buildRoot.ts";
import { createClientRoot } from "../../portage/client.ts";
import { readGpkg } from "../../portage/gpkg.ts";
import { storedPackage } from "../../store/identity.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore, type PackageStore } from "../../store/store.ts";
import { testDirectory, testPortage, testRoot } from "../support/portage.ts";
import { makeTree, type TestTree, type TreePackage, treeTarget } from "../support/tree.ts";
import { clientView, offer, TARGET } from "./support.ts";

const SCRIPT = (name: string): string => `S="\${WORKDIR}"
src_compile() { printf '#!/bin/sh\\necho ${name}\\n' > ${name} || die; }
src_install() { dobin ${name}; }`;

const PACKAGES: TreePackage[] = [
  { cpv: "dev-libs/libalpha-1.0", slot: "0/2", body: SCRIPT("libalpha") },
  { cpv: "dev-libs/old-0.9_p1-r1", slot: "1.2", eapi: "7", body: SCRIPT("old") },
  { cpv: "dev-util/gentool-1.0", body: SCRIPT("gentool") },
  {
    cpv: "app-misc/hello-1.0",
    iuse: "+fancy static",
    license: "MIT fancy? ( MIT ) static? ( Proprietary )",
    body: `RDEPEND="fancy? ( dev-libs/libalpha:= ) || ( dev-libs/libalpha:0 dev-libs/old ) static? ( dev-libs/none )"
DEPEND="\${RDEPEND} !fancy? ( dev-libs/none ) >=dev-libs/old-0.9:1.2[-foo(-)]"
BDEPEND="dev-util/gentool"
PDEPEND="( ( dev-libs/old:* ) )"
IDEPEND="dev-util/gentool"
PROPERTIES="test_network"
RESTRICT="fancy? ( strip ) !fancy? ( test )"
${SCRIPT("hello")}`,
  },
  { cpv: "app-misc/meta-1", body: 'RDEPEND="app-misc/hello[fancy]"' },
];

/** Header fields that Portage takes from the configuration of the machine where emaint runs; a binhost has no Portage. */
const OF_THE_HOST = [
  "ACCEPT_KEYWORDS",
  "ACCEPT_LICENSE",
  "ACCEPT_PROPERTIES",
  "ACCEPT_RESTRICT",
  "ARCH",
  "CBUILD",
  "CONFIG_PROTECT",
  "CONFIG_PROTECT_MASK",
  "ELIBC",
  "FEATURES",
  "GENTOO_MIRRORS",
  "INSTALL_MASK",
  "IUSE_IMPLICIT",
  "KERNEL",
  "USE",
  "USE_EXPAND",
  "USE_EXPAND_HIDDEN",
  "USE_EXPAND_IMPLICIT",
  "USE_EXPAND_UNPREFIXED",
  "USE_EXPAND_VALUES_ARCH",
  "USE_EXPAND_VALUES_ELIBC",
  "USE_EXPAND_VALUES_KERNEL",
];

let directory: string;
let tree: TestTree;
let builder: BuildRoot;
/** Two builds of app-misc/hello, one of all the others. */
let built: string[];

async function run(root: BuildRoot, tool: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await execa(root.bin(tool), args, { env: { ...root.env, ...env }, extendEnv: false, all: true });
  return stdout;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-test-"));
  tree = await makeTree(directory, PACKAGES);
  builder = await testRoot(join(directory, "builder"), tree, treeTarget(tree, []));
  await run(builder, "emerge", ["--quiet", "--oneshot", "--buildpkg", "app-misc/meta"]);
  await run(builder, "emerge", ["--quiet", "--oneshot", "--buildpkg", "app-misc/hello"]);
  const pkgdir = join(builder.path, "var/cache/binpkgs");
  const names = await readdir(pkgdir, { recursive: true });
  built = names.filter((name) => name.endsWith(".gpkg.tar")).map((name) => join(pkgdir, name));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function storeWithTarget(): Promise<{
  store: PackageStore;
  publish: (run: string, files: string[]) => Promise<string>;
}> {
  const store = await openStore(await testDirectory(), { name: "main" });
  const bundle = await store.putBlob(Buffer.from(JSON.stringify(treeTarget(tree, []))));
  await store.putTarget(TARGET, bundle);
  let day = 0;
  const publish = async (id: string, files: string[]): Promise<string> => {
    for (const file of files) {
      const expected: ExpectedPackage = storedPackage(await readGpkg(file), {});
      expect(await offer(store, id, await readFile(file), expected)).toHaveProperty("accepted");
    }
    day += 1;
    const createdAt = new Date(Date.UTC(2026, 0, day)).toISOString();
    return (await store.publish({ target: TARGET, run: id, tree: "t", bundle, createdAt })).id;
  };
  return { store, publish };
}

/** The blocks of an index, each as a record, the header first; no defaults, no inheritance: as written. */
function blocks(text: string): Record<string, string>[] {
  const parse = (block: string) =>
    Object.fromEntries(block.split("\n").map((line) => /^(\S+?): (.*)$/.exec(line)?.slice(1) ?? []));
  return text.trim().split("\n\n").map(parse);
}

test("the index equals, field by field, the one that emaint makes of the same directory", async () => {
  expect(built).toHaveLength(6);
  const first = (name: string): boolean => !name.includes("hello-1.0-2");
  const { store, publish } = await storeWithTarget();
  await publish("desktop-1", built.filter(first));
  await publish(
    "desktop-2",
    built.filter((name) => !first(name)),
  );
  const packages = await realpath(join(store.dir, "targets", TARGET, "current", "packages"));

  const copy = join(await testDirectory(), "packages");
  const filter = (source: string): boolean => !/\/Packages(\.gz)?$/.test(source);
  await cp(packages, copy, { recursive: true, preserveTimestamps: true, filter });
  await run(builder, "emaint", ["binhost", "--fix"], { PKGDIR: copy });

  const [ourHeader = {}, ...ours] = blocks(await readFile(join(packages, "Packages"), "utf8"));
  const [theirHeader = {}, ...theirs] = blocks(await readFile(join(copy, "Packages"), "utf8"));
  expect(ours).toHaveLength(5);
  expect(ours).toEqual(theirs);
  expect(ours.find((it) => it.CPV === "app-misc/hello-1.0")).toMatchObject({
    BUILD_ID: "2",
    RDEPEND: "dev-libs/libalpha:0/2= || ( dev-libs/libalpha:0 dev-libs/old )",
    RESTRICT: "strip",
  });
  for (const key of OF_THE_HOST) delete theirHeader[key];
  expect({ ...ourHeader, TIMESTAMP: "" }).toEqual({ ...theirHeader, TIMESTAMP: "" });
});

test("a real client sees each publish and rollback at once, and installs what it names", async () => {
  const { store, publish } = await storeWithTarget();
  const server = createBinhostServer(store, { token: "t", name: "main" });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  // As long as the builder's path: a binary package is moved to another prefix by replacing bytes.
  const client = await createClientRoot({
    path: join(await testDirectory(), "clients"),
    portage: await testPortage(),
    bundle: treeTarget(tree, []),
    trees: { [tree.name]: tree.location },
    binhostUrl: `${url}/main/${TARGET}`,
  });
  const wants = ["--quiet", "--oneshot", "--usepkgonly", "--getbinpkg", "--nodeps", "app-misc/hello"];
  const offered = async (): Promise<string> => {
    const said = await run(client, "emerge", ["--pretend", "--verbose", ...wants]);
    return /hello-1\.0-\d/.exec(said)?.[0] ?? said;
  };

  const first = await publish(
    "desktop-1",
    built.filter((name) => !name.includes("hello-1.0-2")),
  );
  expect(await offered()).toBe("hello-1.0-1");
  const second = await publish(
    "desktop-2",
    built.filter((name) => name.includes("hello-1.0-2")),
  );
  expect(await offered()).toBe("hello-1.0-2");
  await store.rollback(TARGET, first);
  expect(await offered()).toBe("hello-1.0-1");
  await store.rollback(TARGET, second);
  expect(await offered()).toBe("hello-1.0-2");
  expect((await clientView(store)).packages).toHaveLength(5);
  await run(client, "emerge", wants);
  expect((await execa(join(client.path, "usr/bin/hello"))).stdout).toBe("hello");
});
