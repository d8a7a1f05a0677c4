import { createHash } from "node:crypto";
import { lstat, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { expectedOf, type FakePackage, makeGpkg } from "../../bench/gpkgMaker.ts";
import type { AcceptResult, UploadRequest } from "../../model/binhost.ts";
import type { ExpectedPackage } from "../../model/build.ts";
import type { StoredPackage } from "../../model/snapshot.ts";
import { type PackagesIndex, parseIndex } from "../../store/packagesIndex.ts";
import { openStore, type PackageStore } from "../../store/store.ts";

export const TARGET = "desktop";

/** A private directory that goes with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-store-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function bundleOf(name: string): Buffer {
  const bundle = { format: 1, name, profile: { repository: "demo", path: "demo/amd64" }, files: {}, world: ["@world"] };
  return Buffer.from(JSON.stringify(bundle));
}

/** A store with one target. */
export async function newStore(directory?: string): Promise<{ store: PackageStore; bundle: string }> {
  const store = await openStore(directory ?? (await temporaryDirectory()), { name: "main" });
  const bundle = await store.putBlob(bundleOf(TARGET));
  await store.putTarget(TARGET, bundle);
  return { store, bundle };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function uploadOf(id: string, bytes: Buffer): UploadRequest {
  return { id, size: bytes.length, sha256: sha256Of(bytes) };
}

/** Uploads bytes as an artifact and has them judged. */
export async function offer(
  store: PackageStore,
  run: string,
  bytes: Buffer,
  expected: ExpectedPackage,
  id = `${run}.${sha256Of(bytes).slice(0, 12)}`,
): Promise<AcceptResult> {
  const upload = uploadOf(id, bytes);
  const state = await store.uploadState(upload);
  if (!state.complete) await store.appendUpload(upload, state.offset, Readable.from([bytes.subarray(state.offset)]));
  return store.acceptUpload({ ...upload, run, target: TARGET, expected });
}

/** Makes, uploads and stages a made-up package. */
export async function stagePackage(store: PackageStore, run: string, fake: FakePackage): Promise<StoredPackage> {
  const verdict = await offer(store, run, await makeGpkg(fake), expectedOf(fake));
  if ("rejected" in verdict) throw new Error(`${fake.cpv}: ${verdict.rejected}`);
  return verdict.accepted;
}

/** What a client of the published directory finds: the index, each file that it names being there with its digest. */
export async function clientView(store: PackageStore, target = TARGET): Promise<PackagesIndex> {
  const packages = await realpath(join(store.dir, "targets", target, "current", "packages"));
  const index = parseIndex(await readFile(join(packages, "Packages"), "utf8"));
  for (const { PATH = "", SIZE, MD5 } of index.packages) {
    const bytes = await readFile(join(packages, PATH));
    const md5 = createHash("md5").update(bytes).digest("hex");
    if (String(bytes.length) !== SIZE || md5 !== MD5) throw new Error(`${PATH}: not what the index says`);
  }
  const { mtimeMs } = await lstat(join(packages, "Packages"));
  if (index.header.TIMESTAMP !== String(mtimeMs / 1000)) throw new Error("the index's time is not its TIMESTAMP");
  return index;
}

/** The client's view in short: `dev-libs/a-1.0-1`. */
export async function clientPackages(store: PackageStore): Promise<string[]> {
  const { packages } = await clientView(store);
  return packages.map((it) => `${it.CPV}-${it.BUILD_ID}`).sort();
}

export async function clientTimestamp(store: PackageStore): Promise<number> {
  return Number((await clientView(store)).header.TIMESTAMP);
}
