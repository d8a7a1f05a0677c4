import type { BuildSettings } from "./target.ts";

/** One binary package as the store knows it, read from the gpkg's own metadata. */
export interface StoredPackage {
  cpv: string;
  buildId: number;
  sha256: string;
  size: number;
  /** Path below the packages directory: `dev-libs/libalpha/libalpha-1.0-1.gpkg.tar`. */
  path: string;
  slot: string;
  subslot: string;
  repository: string;
  use: string[];
  iuse: string[];
  chost: string;
  /** What it was ordered with: the gpkg's own record is what the ebuild made of it. */
  settings: BuildSettings;
  /** Dependency strings as recorded, with the sub-slots bound: `dev-libs/libalpha:0/2=`. */
  depend: string;
  bdepend: string;
  rdepend: string;
  pdepend: string;
  idepend: string;
  /** Seconds since the epoch. */
  buildTime: number;
}

/** One immutable published state of a target. */
export interface Snapshot {
  /** Sortable: `20261121T010203Z-<run>`. */
  id: string;
  target: string;
  run: string;
  /** ISO 8601 */
  createdAt: string;
  tree: string;
  bundle: string;
  packages: StoredPackage[];
}

/** What changed from one snapshot to another. */
export interface SnapshotDiff {
  from: string;
  to: string;
  added: string[];
  removed: string[];
  /** Same category/name and slot, other version. */
  changed: { name: string; from: string; to: string }[];
  /** Same CPV, newer build: USE, settings or sub-slots differ. */
  rebuilt: { cpv: string; from: number; to: number }[];
}
