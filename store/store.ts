import type { Readable } from "node:stream";
import type {
  AcceptRequest,
  AcceptResult,
  PublishRequest,
  SnapshotInfo,
  TargetInfo,
  UploadRequest,
  UploadState,
} from "../model/binhost.ts";
import { UserError } from "../model/errors.ts";
import type { Snapshot, SnapshotDiff, StoredPackage } from "../model/snapshot.ts";

/**
 * The package store of one binhost: blobs, uploads, staging, snapshots. Its truth is its files (see layout.ts); it keeps
 * nothing in memory, and every method may be repeated after a crash.
 * Unknown names are `UserError`s that tell the known ones.
 */
export interface PackageStore {
  readonly name: string;
  /** Root directory. */
  readonly dir: string;

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

/** Opens the store in `dir`, which is made where it is missing. */
export async function openStore(dir: string, options: { name: string }): Promise<PackageStore> {
  throw new UserError(`store ${options.name} in ${dir}: not there yet`);
}
