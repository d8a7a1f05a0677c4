import type { ExpectedPackage } from "./build.ts";
import type { StoredPackage } from "./snapshot.ts";

/** A target as the binhost knows it. */
export interface TargetInfo {
  name: string;
  /** SHA-256 of the bundle in force. */
  bundle: string;
  /** ISO 8601: when that bundle was put. */
  updatedAt: string;
  /** Id of the published snapshot, null before the first publish. */
  current: string | null;
  /** Another one when its snapshots are others, or another one is published; absent of an older binhost. */
  revision?: string;
}

/** What a binhost has, asked for again and again. */
export interface BinhostView {
  targets: TargetInfo[];
  /** Another one when something was added to the history; null: it cannot be read; absent of an older binhost. */
  history?: string | null;
}

/** One line of a target's list of snapshots. */
export interface SnapshotInfo {
  id: string;
  /** ISO 8601 */
  createdAt: string;
  run: string;
  /** How many packages it has. */
  packages: number;
  bytes: number;
  current: boolean;
}

/** One file on its way to the binhost. */
export interface UploadRequest {
  /** Run and attempt, path-safe: the same id always means the same bytes. */
  id: string;
  /** Bytes of the whole file. */
  size: number;
  sha256: string;
}

/** How far an upload is. */
export interface UploadState {
  /** Bytes that the binhost has. */
  offset: number;
  /** True where all of them are there and their digest is right, or the binhost has that content anyway. */
  complete: boolean;
}

/** Asks the store to judge a finished upload. */
export interface AcceptRequest extends UploadRequest {
  run: string;
  target: string;
  expected: ExpectedPackage;
}

/**
 * The verdict on an upload. `accepted` is what staging has for that package: of two good artifacts of one package (the
 * report of an earlier attempt was lost) the first stays, and is the answer to both.
 */
export type AcceptResult = { accepted: StoredPackage } | { rejected: string };

/** One build of one package. */
export interface BuildKey {
  cpv: string;
  buildId: number;
}

/** Asks the store to make the staged packages of a run visible. */
export interface PublishRequest {
  target: string;
  run: string;
  /** Tree identity of the run's plan. */
  tree: string;
  /** SHA-256 of the target bundle that the run was built for. */
  bundle: string;
  /** ISO 8601: becomes the snapshot's. */
  createdAt: string;
}
