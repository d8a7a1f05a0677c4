import { describe, expect, test } from "vitest";
import type { Snapshot, StoredPackage } from "../../model/snapshot.ts";
import { boundSubslots } from "../../portage/boundSubslots.ts";
import { decideNeeded } from "../../portage/needed.ts";
import type { ResolvedPackage, ResolverReport } from "../../portage/resolve.ts";

const resolved = (cpv: string, changes: Partial<ResolvedPackage> = {}): ResolvedPackage => ({
  cpv,
  slot: "0",
  subslot: "0",
  repository: "test",
  use: ["ssl"],
  iuse: ["ssl", "X"],
  chost: "x86_64-pc-linux-gnu",
  settings: { CFLAGS: "-O2" },
  eapi: "8",
  restrict: [],
  keywords: ["amd64"],
  sourceBytes: 0,
  edges: [],
  ...changes,
});

const stored = (cpv: string, changes: Partial<StoredPackage> = {}): StoredPackage => ({
  cpv,
  buildId: 1,
  sha256: `sha-of-${cpv}-${changes.buildId ?? 1}`,
  size: 2000,
  path: `${cpv}.gpkg.tar`,
  slot: "0",
  subslot: "0",
  repository: "test",
  use: ["ssl"],
  iuse: ["ssl", "X"],
  chost: "x86_64-pc-linux-gnu",
  settings: { CFLAGS: "-O2" },
  depend: "",
  bdepend: "",
  rdepend: "",
  pdepend: "",
  idepend: "",
  buildTime: 1,
  ...changes,
});

const snapshot = (...packages: StoredPackage[]): Snapshot => ({
  id: "s1",
  target: "desktop",
  run: "r1",
  createdAt: "2026-01-01T00:00:00Z",
  tree: "git:1",
  bundle: "b",
  packages,
});

const report = (...packages: ResolvedPackage[]): ResolverReport => ({
  portage: "3.0.83",
  packages,
  unresolvable: [],
  notices: [],
});

/** The decision for one package. */
function decide(wanted: ResolvedPackage, packages: StoredPackage[]) {
  const [decision] = decideNeeded(report(wanted), snapshot(...packages), []);
  return { needed: decision?.needed ?? null, buildId: decision?.buildId, artifact: decision?.artifact };
}

const A = "dev-libs/a-1.0";

test("without a snapshot everything is new, with build id 1", () => {
  expect(decideNeeded(report(resolved(A)), null, [])).toMatchObject([
    { cpv: A, buildId: 1, artifact: null, needed: { kind: "new" } },
  ]);
});

test("a plan's package carries nothing of the resolver that it has no use for", () => {
  const [decision] = decideNeeded(report(resolved(A)), null, []);
  expect(Object.keys(decision ?? {})).not.toContain("keywords");
});

test("a binary that is as it would be built today is kept", () => {
  expect(decide(resolved(A), [stored(A, { buildId: 3 })])).toEqual({
    needed: null,
    buildId: 3,
    artifact: `sha-of-${A}-3`,
  });
});

test("another version of the same slot makes it a version change, of another slot does not", () => {
  expect(decide(resolved("dev-libs/a-2.0"), [stored(A)])).toMatchObject({
    needed: { kind: "version", text: "version 2.0, the binhost has 1.0" },
    buildId: 1,
  });
  expect(decide(resolved("dev-libs/a-2.0", { slot: "2" }), [stored(A)]).needed?.kind).toBe("new");
  expect(decide(resolved("dev-libs/a-1.0-r1"), [stored(A)]).needed?.kind).toBe("version");
});

describe("what differs is the reason", () => {
  test.each([
    ["use", { use: ["X", "ssl"] }, {}, "USE changed: +X"],
    ["use", { use: [] }, {}, "USE changed: -ssl"],
    ["use", { use: ["new", "ssl"], iuse: ["X", "new", "ssl"] }, {}, "USE changed: +new"],
    ["slot", { slot: "1" }, {}, "slot 1/0, was 0/0"],
    ["slot", { subslot: "2" }, {}, "slot 0/2, was 0/0"],
    ["chost", { chost: "aarch64-unknown-linux-gnu" }, {}, "CHOST aarch64-unknown-linux-gnu, was x86_64-pc-linux-gnu"],
    ["settings", { settings: { CFLAGS: "-O3" } }, {}, 'CFLAGS changed: "-O3", was "-O2"'],
    ["settings", { settings: { CFLAGS: "-O2", LDFLAGS: "-s" } }, {}, 'LDFLAGS changed: "-s", was ""'],
    ["repository", {}, { repository: "other" }, "from test, built from other"],
  ] as const)("%s: %j", (kind, wanted, had, text) => {
    const changes = structuredClone(wanted) as Partial<ResolvedPackage>;
    expect(decide(resolved(A, changes), [stored(A, { ...had, buildId: 4 })])).toEqual({
      needed: { kind, text },
      buildId: 5,
      artifact: null,
    });
  });

  test.each([
    ["a flag that the ebuild gained, and that is off", { iuse: ["X", "new", "ssl"] }, {}],
    ["a flag that the ebuild lost, and that was off", { iuse: ["ssl"] }, {}],
    [
      "flags of the profile that Portage records beside the package's own",
      {},
      { use: ["amd64", "elibc_glibc", "ssl"] },
    ],
  ])("but not %s", (_what, wanted, had) => {
    expect(decide(resolved(A, wanted), [stored(A, had)]).needed).toBeNull();
  });
});

test("the newest of several acceptable builds is taken; a newer one that does not fit is passed over", () => {
  const builds = [stored(A, { buildId: 1 }), stored(A, { buildId: 3, use: [] }), stored(A, { buildId: 2 })];
  expect(decide(resolved(A), builds)).toMatchObject({ needed: null, buildId: 2 });
  expect(decide(resolved(A, { use: ["X"] }), builds)).toMatchObject({ needed: { kind: "use" }, buildId: 4 });
});

test("after a rollback a build id that a later snapshot used is not given again", () => {
  const rolledBack = snapshot({ ...stored(A), buildId: 3 });
  const [decision] = decideNeeded(report(resolved(A)), snapshot(), [rolledBack]);
  expect(decision).toMatchObject({ needed: { kind: "new" }, buildId: 4 });
});

describe("sub-slots of dependencies", () => {
  const lib = (slot: string, subslot: string) => resolved("dev-libs/lib-2.0", { slot, subslot });
  const user = stored("app-misc/user-1.0", { rdepend: "dev-libs/lib:0/1= >=dev-libs/plain-1:0" });
  const reason = (libs: ResolvedPackage[]) =>
    decideNeeded(report(...libs, resolved("app-misc/user-1.0")), snapshot(user), []).at(-1)?.needed ?? null;

  test("a library's new sub-slot rebuilds what was built against the old one", () => {
    expect(reason([lib("0", "2")])).toEqual({
      kind: "subslot-of-dependency",
      text: "built against dev-libs/lib:0/1, now 0/2",
    });
  });
  test("so does a library that is only there in another slot", () => {
    expect(reason([lib("3", "3")])?.text).toBe("built against dev-libs/lib:0/1, now 3/3");
  });
  test("the same sub-slot, beside another slot or not, rebuilds nothing", () => {
    expect(reason([lib("0", "1")])).toBeNull();
    expect(reason([lib("3", "3"), lib("0", "1")])).toBeNull();
  });
  test("a library that nothing needs any more rebuilds nothing", () => {
    expect(reason([])).toBeNull();
  });
});

test("bound sub-slots are read from all dependency strings, whatever stands around them", () => {
  const none = { depend: "", bdepend: "", rdepend: "", pdepend: "", idepend: "" };
  expect(
    boundSubslots({
      ...none,
      depend: "( >=dev-libs/a-1.0:0/1=[ssl(+),-X] || ( dev-libs/b dev-libs/c:2= ) )",
      bdepend: "dev-lang/python:3.12/3.12= !dev-libs/d:0/1=",
      rdepend: "=dev-libs/e-1*:0/5.6= >=dev-libs/a-1.0:0/1=[ssl(+),-X] dev-libs/f:0/1",
    }),
  ).toEqual([
    { cp: "dev-libs/a", slot: "0", subslot: "1" },
    { cp: "dev-lang/python", slot: "3.12", subslot: "3.12" },
    { cp: "dev-libs/e", slot: "0", subslot: "5.6" },
  ]);
});
