import { resolve } from "node:path";
import type { Readable } from "node:stream";
import type {
  AcceptRequest,
  AcceptResult,
  BuildKey,
  PublishRequest,
  SnapshotInfo,
  TargetInfo,
  UploadRequest,
  UploadState,
} from "../model/binhost.ts";
import type { Snapshot, SnapshotDiff, StoredPackage } from "../model/snapshot.ts";
import { makeDirectory } from "../system/atomicFile.ts";
import { acceptUpload } from "./accept.ts";
import { getBlob, putBlob } from "./blobs.ts";
import { explainFull, Mutex, type StoreContext } from "./context.ts";
import { BuildHistory } from "./history.ts";
import { Layout } from "./layout.ts";
import { BuildLogs } from "./logs.ts";
import { artifactFile } from "./pool.ts";
import { prune } from "./prune.ts";
import { publish, rollback } from "./publish.ts";
import { diff, snapshot, snapshots } from "./snapshots.ts";
import { clearStaging, findStaged, staged, stagingRuns } from "./staging.ts";
import { putTarget, target, targets } from "./targets.ts";
import { appendUpload, uploadState } from "./uploads.ts";

/** What is kept of a log unless the configuration says otherwise. */
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * The package store of one binhost: blobs, uploads, staging, snapshots. Its truth is its files (see layout.ts); it keeps
 * nothing in memory, and every method may be repeated after a crash.
 * Unknown names are `UserError`s that tell the known ones.
 */
export interface PackageStore {
  readonly name: string;
  /** Root directory. */
  readonly dir: string;
  /** What was tried to be built, and what it took. */
  readonly history: BuildHistory;
  /** What builds have written. */
  readonly logs: BuildLogs;

  /** Stores bytes under their SHA-256 (hexadecimal), which it returns. */
  putBlob(bytes: Uint8Array): Promise<string>;
  getBlob(sha256: string): Promise<Buffer>;

  /** Makes the bundle (a blob already stored) the target's; creates the target where it is new. */
  putTarget(name: string, bundle: string): Promise<TargetInfo>;
  targets(): Promise<TargetInfo[]>;
  target(name: string): Promise<TargetInfo>;

  uploadState(upload: UploadRequest): Promise<UploadState>;
  /** Appends bytes at `offset`, hashing while it writes; the last byte completes the upload if the digest is right. */
  appendUpload(upload: UploadRequest, offset: number, bytes: Readable): Promise<UploadState>;
  /** Judges a finished upload: into staging of its run, or into quarantine with the reason. */
  acceptUpload(request: AcceptRequest): Promise<AcceptResult>;

  staged(run: string): Promise<StoredPackage[]>;
  /** Of these builds the ones that are staged. */
  findStaged(run: string, builds: readonly BuildKey[]): Promise<StoredPackage[]>;
  clearStaging(run: string): Promise<void>;
  stagingRuns(): Promise<string[]>;
  /** Absolute path of an accepted or published artifact. */
  artifactFile(sha256: string): Promise<string>;

  publish(request: PublishRequest): Promise<Snapshot>;
  /** Newest first. */
  snapshots(target: string): Promise<SnapshotInfo[]>;
  /** `current` names the published one. null: no such snapshot. */
  snapshot(target: string, id: string): Promise<Snapshot | null>;
  diff(target: string, from: string, to: string): Promise<SnapshotDiff>;
  /** Publishes a kept snapshot again. */
  rollback(target: string, id: string): Promise<Snapshot>;
  /** Removes all but the newest `keep` snapshots and the current one, then what nothing uses any more; the ids removed. */
  prune(target: string, keep: number): Promise<string[]>;
}

/**
 * Opens the store in `dir`, which is made where it is missing. `checkpoint` is called at the named points between steps, `log`
 * with what an operator should know.
 */
export async function openStore(
  dir: string,
  options: {
    name: string;
    /** Of one build's log. */
    logLimitBytes?: number;
    checkpoint?: (point: string) => void;
    log?: (message: string) => void;
  },
): Promise<PackageStore> {
  const layout = new Layout(resolve(dir));
  const { checkpoint = () => {}, log = () => {} } = options;
  const context: StoreContext = { layout, checkpoint, mutex: new Mutex(), receiving: new Map() };
  for (const made of [layout.root, layout.pool, layout.uploads, layout.staging, layout.targets]) {
    await makeDirectory(made);
  }
  return {
    name: options.name,
    dir: layout.root,
    history: new BuildHistory(layout.history, log),
    logs: new BuildLogs(context, options.logLimitBytes ?? LOG_LIMIT_BYTES),
    putBlob: (bytes) => putBlob(context, bytes),
    getBlob: (sha256) => getBlob(context, sha256),
    putTarget: (name, bundle) => putTarget(context, name, bundle),
    targets: () => targets(context),
    target: (name) => target(context, name),
    uploadState: (upload) => uploadState(context, upload),
    appendUpload: (upload, offset, bytes) => appendUpload(context, upload, offset, bytes),
    acceptUpload: (request) => explainFull(context, () => acceptUpload(context, request)),
    staged: (run) => staged(context, run),
    findStaged: (run, builds) => findStaged(context, run, builds),
    clearStaging: (run) => clearStaging(context, run),
    stagingRuns: () => stagingRuns(context),
    artifactFile: (sha256) => artifactFile(context, sha256),
    publish: (request) => publish(context, request),
    snapshots: (name) => snapshots(context, name),
    snapshot: (name, id) => snapshot(context, name, id),
    diff: (name, from, to) => diff(context, name, from, to),
    rollback: (name, id) => rollback(context, name, id),
    prune: (name, keep) => prune(context, name, keep),
  };
}
