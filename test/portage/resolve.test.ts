import { access, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EDGE, type ResolveErrorClass } from "../../model/plan.ts";
import { type ResolverReport, resolveWorld } from "../../portage/resolve.ts";
import { testDirectory, testRoot } from "../support/portage.ts";
import { makeTree, type TestTree, type TreePackage, treeTarget } from "../support/tree.ts";

const GOOD = "app-misc/good";

const PACKAGES: TreePackage[] = [
  { cpv: "app-misc/good-1.0", files: { "good.sh": "echo good\n" } },
  { cpv: "app-misc/flags-1.0", iuse: "+on off" },
  { cpv: "dev-libs/lib-1.0", slot: "0/1" },
  { cpv: "dev-libs/lib-2.0", slot: "0/2" },
  { cpv: "dev-util/tool-1.0" },
  {
    cpv: "app-misc/program-1.0-r1",
    body: 'RDEPEND="dev-libs/lib:="\nDEPEND="dev-libs/lib:="\nBDEPEND="dev-util/tool"\nPDEPEND="app-misc/good"',
  },
  // They need each other at run time only, which is no error.
  { cpv: "app-misc/ping-1.0", body: 'RDEPEND="app-misc/pong"' },
  { cpv: "app-misc/pong-1.0", body: 'RDEPEND="app-misc/ping"' },

  { cpv: "app-err/missing-1.0", body: 'DEPEND="dev-libs/does-not-exist"' },
  { cpv: "app-err/masked-1.0" },
  { cpv: "app-err/unstable-1.0", keywords: "~amd64" },
  { cpv: "app-err/nokeyword-1.0", keywords: "" },
  { cpv: "app-err/future-1.0", eapi: "99" },
  { cpv: "app-err/circular-a-1.0", body: 'DEPEND="app-err/circular-b"' },
  { cpv: "app-err/circular-b-1.0", body: 'DEPEND="app-err/circular-a"' },
  { cpv: "app-err/built-1.0", body: 'BDEPEND="app-err/builder"' },
  { cpv: "app-err/builder-1.0", body: 'RDEPEND="app-err/built"' },
  { cpv: "app-err/oneof-1.0", iuse: "a b", body: 'REQUIRED_USE="^^ ( a b )"' },
  { cpv: "app-err/needs-flag-1.0", body: 'DEPEND="app-misc/flags[off]"' },
  { cpv: "app-err/needs-lib1-1.0", body: 'RDEPEND="~dev-libs/lib-1.0"' },
  { cpv: "app-err/needs-lib2-1.0", body: 'RDEPEND="~dev-libs/lib-2.0"' },
  { cpv: "app-err/blocker-1.0", body: 'RDEPEND="!app-misc/flags"' },
  { cpv: "app-err/unfree-1.0", license: "Proprietary" },
  { cpv: "app-err/broken-1.0", body: 'die "this ebuild cannot be read"' },
];

let directory: string;
let tree: TestTree;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-resolve-"));
  tree = await makeTree(directory, PACKAGES, { masked: ["app-err/masked"] });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Resolves in a root that keeps Portage's metadata cache from test to test. */
async function resolve(
  world: string[],
  files: Record<string, string> = {},
  atoms = ["@world"],
): Promise<ResolverReport> {
  const root = await testRoot(join(directory, "root"), tree, treeTarget(tree, world, files));
  return await resolveWorld({ root, atoms });
}

/** Processes that have the root in their environment. */
async function processesOf(root: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => (await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")).includes(root)),
  );
  return pids.filter((_pid, index) => found[index]);
}

const cpvs = (report: ResolverReport): string[] => report.packages.map((p) => p.cpv);

describe("a world that resolves", () => {
  test("gives every package with what a build of it needs to know, in merge order", async () => {
    const report = await resolve(["app-misc/program", "app-misc/flags"], {
      "package.use/flags": "app-misc/flags off\n",
      "package.env": "dev-util/tool fast\n",
      "env/fast": 'CFLAGS="-O3   -pipe"\nLDFLAGS="-s"\n',
    });
    expect(report.unresolvable).toEqual([]);
    expect(report.notices).toEqual([]);
    expect(cpvs(report).toSorted()).toEqual([
      "app-misc/flags-1.0",
      "app-misc/good-1.0",
      "app-misc/program-1.0-r1",
      "dev-libs/lib-2.0",
      "dev-util/tool-1.0",
    ]);
    const find = (cpv: string) => report.packages.find((p) => p.cpv === cpv);
    expect(find("app-misc/flags-1.0")).toMatchObject({
      repository: "test",
      use: ["off", "on"],
      iuse: ["off", "on"],
      chost: "x86_64-pc-linux-gnu",
      settings: { CFLAGS: "-O1" },
      eapi: "8",
      keywords: ["amd64"],
      sourceBytes: 0,
    });
    expect(find("dev-libs/lib-2.0")).toMatchObject({ slot: "0", subslot: "2" });
    expect(find("dev-util/tool-1.0")?.settings).toEqual({ CFLAGS: "-O3 -pipe", LDFLAGS: "-s" });
    expect(find("app-misc/good-1.0")).toMatchObject({ restrict: ["mirror"], sourceBytes: 2048 });

    const program = find("app-misc/program-1.0-r1");
    const edges = new Map(program?.edges.map(([to, kinds]) => [cpvs(report)[to], kinds]));
    expect(edges).toEqual(
      new Map([
        ["dev-libs/lib-2.0", EDGE.BUILD | EDGE.RUN | EDGE.BUILD_SLOT_OP | EDGE.RUN_SLOT_OP],
        ["dev-util/tool-1.0", EDGE.BUILD],
        ["app-misc/good-1.0", EDGE.POST],
      ]),
    );
    const order = cpvs(report);
    expect(order.indexOf("dev-libs/lib-2.0")).toBeLessThan(order.indexOf("app-misc/program-1.0-r1"));
    expect(order.indexOf("dev-util/tool-1.0")).toBeLessThan(order.indexOf("app-misc/program-1.0-r1"));
  });

  test("may have circles of run-time needs", async () => {
    const report = await resolve(["app-misc/ping"]);
    expect(report.unresolvable).toEqual([]);
    expect(cpvs(report).toSorted()).toEqual(["app-misc/ping-1.0", "app-misc/pong-1.0"]);
    expect(report.packages.map((p) => p.edges)).toEqual([[[1, EDGE.RUN]], [[0, EDGE.RUN]]]);
  });

  test("is resolved from nothing installed, and sets in sets are taken apart", async () => {
    const report = await resolve(["@mine"], {
      "sets/mine": "# a comment\napp-misc/good\n@more\n",
      "sets/more": "dev-util/tool\n",
    });
    expect(report.unresolvable).toEqual([]);
    expect(cpvs(report).toSorted()).toEqual(["app-misc/good-1.0", "dev-util/tool-1.0"]);
  });

  test("an empty world gives an empty plan", async () => {
    expect(await resolve([])).toMatchObject({ packages: [], unresolvable: [] });
  });

  test("the target's make.conf may be a directory, and its FEATURES and options do not change the resolution", async () => {
    const report = await resolve(["app-misc/good"], {
      "make.conf": 'EMERGE_DEFAULT_OPTS="--ask --nodeps --usepkgonly"\nFEATURES="test"\nCFLAGS="-Os"\n',
    });
    expect(report.packages).toMatchObject([{ cpv: "app-misc/good-1.0", settings: { CFLAGS: "-Os" } }]);
  });
});

describe("one bad member of the world is told apart from the good ones", () => {
  const cases: [scenario: string, bad: string[], expected: ResolveErrorClass, words: RegExp][] = [
    [
      "a dependency that does not exist",
      ["app-err/missing"],
      "missing",
      /no ebuilds to satisfy "dev-libs\/does-not-exist"/,
    ],
    ["a package that does not exist", ["app-misc/nowhere"], "missing", /no ebuilds to satisfy "app-misc\/nowhere"/],
    ["package.mask", ["app-err/masked"], "masked", /masked by: package\.mask/],
    ["an unstable keyword", ["app-err/unstable"], "keyword", /~amd64 keyword/],
    ["a missing keyword", ["app-err/nokeyword"], "keyword", /missing keyword/],
    ["a future EAPI", ["app-err/future"], "masked", /EAPI 99/],
    ["a circle of build-time needs", ["app-err/circular-a"], "circular", /circular dependencies/],
    ["a tool that needs what is built with it", ["app-err/built"], "circular", /builder-1\.0.*depends on/],
    ["REQUIRED_USE", ["app-err/oneof"], "required_use", /exactly-one-of \( a b \)/],
    ["a USE dependency", ["app-err/needs-flag"], "use_change", /USE changes are necessary/],
    ["two versions for one slot", ["app-err/needs-lib1", "app-err/needs-lib2"], "slot_conflict", /slot conflict/],
    ["a blocker", ["app-err/blocker", "app-misc/flags"], "blocked", /cannot be\s.*installed at the same time/],
    ["a licence", ["app-err/unfree"], "license", /Proprietary license/],
    ["an ebuild that cannot be sourced", ["app-err/broken"], "unreadable_tree", /corruption/],
    ["a malformed atom", ["=app-misc/good"], "bad_atom", /=app-misc\/good/],
    ["an unknown set", ["@nosuch"], "bad_set", /nosuch/],
  ];
  test.each(cases)("%s", async (_scenario, bad, expected, words) => {
    const report = await resolve([GOOD, ...bad]);
    expect(report.unresolvable).toHaveLength(1);
    const [failure] = report.unresolvable;
    expect(failure?.class).toBe(expected);
    expect(failure?.atoms.toSorted()).toEqual(bad.toSorted());
    expect(failure?.text).toMatch(words);
    expect(cpvs(report)).toEqual(["app-misc/good-1.0"]);
  });

  test("all kinds at once, each with its own words", async () => {
    const bad = cases.flatMap(([, atoms]) => atoms);
    const report = await resolve([GOOD, "app-misc/program", ...bad]);
    expect(report.unresolvable.map((u) => u.class).toSorted()).toEqual(cases.map(([, , name]) => name).toSorted());
    expect(report.unresolvable.flatMap((u) => u.atoms).toSorted()).toEqual(bad.toSorted());
    expect(cpvs(report)).toContain("app-misc/good-1.0");
    expect(cpvs(report)).toContain("app-misc/program-1.0-r1");
  });

  test("what a list names is judged like the world: bad atoms, options and paths are no atoms", async () => {
    const bad = ["not an atom", "--help", "/etc/passwd", "!app-misc/flags"];
    const report = await resolve([], {}, [GOOD, ...bad]);
    expect(report.unresolvable.map((u) => [u.atoms, u.class])).toEqual(bad.map((atom) => [[atom], "bad_atom"]));
    expect(cpvs(report)).toEqual(["app-misc/good-1.0"]);
  });

  test("a bad line in one of the target's sets is named with its file", async () => {
    const report = await resolve([GOOD, "@mine"], { "sets/mine": "dev-util/tool\n=oops\n" });
    expect(report.unresolvable).toMatchObject([{ atoms: ["=oops"], class: "bad_atom" }]);
    expect(report.unresolvable[0]?.text).toContain("etc/portage/sets/mine");
    expect(cpvs(report).toSorted()).toEqual(["app-misc/good-1.0", "dev-util/tool-1.0"]);
  });
});

describe("a tree that cannot be read", () => {
  test.each([
    ["is gone", async (broken: TestTree) => await rm(broken.location, { recursive: true })],
    ["has lost its name", async (broken: TestTree) => await rm(join(broken.location, "profiles/repo_name"))],
    [
      "has a profile that is no profile",
      async (broken: TestTree) => await writeFile(join(broken.location, "profiles/default/parent"), "../nowhere\n"),
    ],
  ])("%s", async (_scenario, damage) => {
    const base = await testDirectory();
    const broken = await makeTree(base, [{ cpv: "app-misc/good-1.0" }]);
    const root = await testRoot(join(base, "root"), broken, treeTarget(broken, [GOOD]));
    await damage(broken);
    const report = await resolveWorld({ root, atoms: ["@world"] });
    expect(report).toMatchObject({ packages: [], unresolvable: [{ atoms: ["@world"], class: "unreadable_tree" }] });
    expect(report.unresolvable[0]?.text).not.toBe("");
  });
});

describe("the resolver as a process", () => {
  test("is ended with all that it started when it is aborted", async () => {
    const base = await testDirectory();
    const endless = await makeTree(base, [
      { cpv: "app-misc/endless-1.0", body: `echo > ${base}/sourced\nwhile :; do :; done` },
    ]);
    const root = await testRoot(join(base, "root"), endless, treeTarget(endless, ["app-misc/endless"]));
    const abort = new AbortController();
    const running = resolveWorld({ root, atoms: ["@world"], signal: abort.signal });
    await vi.waitFor(() => access(join(base, "sourced")), { timeout: 20_000, interval: 20 });
    expect(await processesOf(root.path)).not.toEqual([]);
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await vi.waitFor(async () => expect(await processesOf(root.path)).toEqual([]), { timeout: 5000 });
  });

  test("says what it said last when it crashes", async () => {
    const root = await testRoot(join(directory, "crash"), tree, treeTarget(tree, [GOOD]));
    const crashing = { ...root, portage: { ...root.portage, python: "/usr/bin/env" } };
    await expect(resolveWorld({ root: crashing, atoms: [GOOD] })).rejects.toThrow(/resolver ended with exit code/);
  });
});
