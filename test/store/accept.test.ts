import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectedOf, makeGpkg } from "../../bench/gpkgMaker.ts";
import type { ExpectedPackage } from "../../model/build.ts";
import { newStore, offer, sha256Of, stagePackage, TARGET, uploadOf } from "./support.ts";

const FAKE = { cpv: "app-misc/hello-1.0" };
const RUN = "desktop-1";

test("a package as planned is staged, with its record made from the file", async () => {
  const { store } = await newStore();
  const bytes = await makeGpkg(FAKE);
  const verdict = await offer(store, RUN, bytes, expectedOf(FAKE));
  expect(verdict).toEqual({
    accepted: {
      cpv: "app-misc/hello-1.0",
      buildId: 1,
      sha256: sha256Of(bytes),
      size: bytes.length,
      path: "app-misc/hello/hello-1.0-1.gpkg.tar",
      slot: "0",
      subslot: "0",
      repository: "demo",
      use: ["nls"],
      iuse: ["nls", "test"],
      chost: "x86_64-pc-linux-gnu",
      settings: { CFLAGS: "-O2 -pipe", CXXFLAGS: "-O2 -pipe" },
      depend: "",
      bdepend: "",
      rdepend: "dev-libs/libalpha:0/2=",
      pdepend: "",
      idepend: "",
      buildTime: 1700000000,
    },
  });
  expect(await store.staged(RUN)).toEqual(["accepted" in verdict && verdict.accepted]);
  expect(await readFile(await store.artifactFile(sha256Of(bytes)))).toEqual(bytes);
  expect(await readdir(join(store.dir, "uploads"))).toEqual([]);
});

const OTHERS: [string, Partial<ExpectedPackage>, RegExp][] = [
  [
    "another name",
    { cpv: "app-misc/goodbye-1.0" },
    /package is "app-misc\/hello-1\.0", expected "app-misc\/goodbye-1\.0"/,
  ],
  ["a version that it is a prefix of", { cpv: "app-misc/hello-1.00" }, /package is/],
  ["another category", { cpv: "sys-apps/hello-1.0" }, /package is/],
  ["another build", { buildId: 2 }, /build id is 1, expected 2/],
  ["another slot", { slot: "1" }, /slot is "0", expected "1"/],
  ["another sub-slot", { subslot: "2" }, /sub-slot is "0", expected "2"/],
  ["more USE flags", { use: ["nls", "test"] }, /USE is "nls", expected "nls test"/],
  ["fewer USE flags", { use: [] }, /USE is "nls", expected ""/],
  ["another machine", { chost: "aarch64-unknown-linux-gnu" }, /CHOST is "x86_64/],
  ["another repository", { repository: "gentoo" }, /repository is "demo", expected "gentoo"/],
];
test.each(OTHERS)("asked for %s: quarantined with the reason", async (_what, other, reason) => {
  const { store } = await newStore();
  const bytes = await makeGpkg(FAKE);
  const verdict = await offer(store, RUN, bytes, { ...expectedOf(FAKE), ...other }, "the-upload");
  expect(verdict).toEqual({ rejected: expect.stringMatching(reason) });
  const directory = join(store.dir, "quarantine", "the-upload");
  expect(await readFile(join(directory, "artifact.gpkg.tar"))).toEqual(bytes);
  const written: unknown = JSON.parse(await readFile(join(directory, "reason.json"), "utf8"));
  expect(written).toMatchObject({ id: "the-upload", run: RUN, reason: expect.stringMatching(reason) });
  expect(await store.staged(RUN)).toEqual([]);
  await expect(store.artifactFile(sha256Of(bytes))).rejects.toThrow(/no artifact/);
});

test("flags that the ebuild changed for itself are no difference: what was ordered is recorded", async () => {
  const { store } = await newStore();
  const bytes = await makeGpkg({ ...FAKE, metadata: { CFLAGS: "-O1 -fno-strict-aliasing" } });
  const expected = { ...expectedOf(FAKE), settings: { CFLAGS: "-O3", FFLAGS: "-O3" } };
  const verdict = await offer(store, RUN, bytes, expected);
  expect(verdict).toHaveProperty("accepted.settings", { CFLAGS: "-O3", FFLAGS: "-O3" });
});

test("differences in whitespace and order are none", async () => {
  const { store } = await newStore();
  const bytes = await makeGpkg({ ...FAKE, metadata: { USE: "amd64 test nls", CFLAGS: "-O2   -pipe" } });
  const expected = {
    ...expectedOf(FAKE),
    use: ["test", "nls"],
    settings: { CFLAGS: " -O2 -pipe", CXXFLAGS: "-O2 -pipe", LDFLAGS: "" },
  };
  expect(await offer(store, RUN, bytes, expected)).toHaveProperty("accepted");
});

test("right name, wrong content: quarantined", async () => {
  const { store } = await newStore();
  const bytes = await makeGpkg(FAKE);
  const at = bytes.indexOf("app-misc/hello-1.0app-misc");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  expect(await offer(store, RUN, bytes, expectedOf(FAKE))).toEqual({
    rejected: expect.stringMatching(/BLAKE2B differs/),
  });
});

test("a size or digest that is not what the drone said: quarantined", async () => {
  const { store } = await newStore();
  const bytes = await makeGpkg(FAKE);
  const request = { run: RUN, target: TARGET, expected: expectedOf(FAKE), ...uploadOf("u", bytes) };
  await mkdir(join(store.dir, "uploads"), { recursive: true });
  await writeFile(join(store.dir, "uploads", "u.whole"), bytes);
  expect(await store.acceptUpload({ ...request, size: 5 })).toEqual({
    rejected: expect.stringMatching(/the drone said 5/),
  });
  await writeFile(join(store.dir, "uploads", "u.whole"), bytes);
  const other = { ...request, sha256: "0".repeat(64) };
  expect(await store.acceptUpload(other)).toEqual({ rejected: expect.stringMatching(/the drone said 0000/) });
  expect((await readdir(join(store.dir, "quarantine", "u"))).sort()).toEqual([
    "artifact-2.gpkg.tar",
    "artifact.gpkg.tar",
    "reason.json",
  ]);
});

test("asked again, it gives the same verdict", async () => {
  const { store } = await newStore();
  const bytes = await makeGpkg(FAKE);
  const good = { ...uploadOf("good", bytes), run: RUN, target: TARGET, expected: expectedOf(FAKE) };
  const first = await offer(store, RUN, bytes, good.expected, "good");
  expect(await store.acceptUpload(good)).toEqual(first);
  const other = await makeGpkg({ cpv: "app-misc/other-1.0" });
  const wrong = {
    ...uploadOf("wrong", other),
    run: RUN,
    target: TARGET,
    expected: expectedOf({ cpv: "app-misc/third-1.0" }),
  };
  const refused = await offer(store, RUN, other, wrong.expected, "wrong");
  expect(await store.acceptUpload(wrong)).toEqual(refused);
  expect(await Promise.all([store.acceptUpload(good), store.acceptUpload(good)])).toEqual([first, first]);
});

test("an upload that is not there is an error, not a verdict", async () => {
  const { store } = await newStore();
  const request = { id: "none", size: 9, sha256: "0".repeat(64), run: RUN, target: TARGET, expected: expectedOf(FAKE) };
  await expect(store.acceptUpload(request)).rejects.toThrow(/upload none is not finished/);
  await expect(store.acceptUpload({ ...request, target: "laptop" })).rejects.toThrow(/unknown target laptop/);
});

test("of two good artifacts of one build the first stays, and answers for both", async () => {
  const { store } = await newStore();
  const first = await stagePackage(store, RUN, FAKE);
  const late = await makeGpkg({ ...FAKE, image: Buffer.alloc(3000, "later") });
  expect(await offer(store, RUN, late, expectedOf(FAKE), "late")).toEqual({ accepted: first });
  expect(await store.staged(RUN)).toEqual([first]);
  expect(await readFile(join(store.dir, "quarantine", "late", "artifact.gpkg.tar"))).toEqual(late);
});

test("one artifact staged for two runs stays when one of them is cleared", async () => {
  const { store } = await newStore();
  await stagePackage(store, RUN, FAKE);
  const again = await stagePackage(store, "desktop-2", FAKE);
  expect(await store.stagingRuns()).toEqual([RUN, "desktop-2"]);
  await store.clearStaging(RUN);
  await store.clearStaging(RUN);
  expect(await store.stagingRuns()).toEqual(["desktop-2"]);
  expect(await store.staged("desktop-2")).toEqual([again]);
});

test.each(["../x", "a/b", "", ".hidden", "a\0b"])("no name leads out of the store: %j", async (name) => {
  const { store } = await newStore();
  const upload = { id: name, size: 2000, sha256: "0".repeat(64) };
  await expect(store.uploadState(upload)).rejects.toThrow(/is not an upload's id/);
  await expect(store.staged(name)).rejects.toThrow(/is not a run's id/);
  await expect(store.target(name)).rejects.toThrow(/is not a target's name/);
  await expect(store.getBlob(name)).rejects.toThrow(/is not a SHA-256/);
  await expect(store.artifactFile(name)).rejects.toThrow(/is not a SHA-256/);
  await expect(store.snapshot(TARGET, name)).rejects.toThrow(/is not a snapshot's id/);
});
