import { z } from "zod";
import type { BinhostView, BuildKey, SnapshotInfo, TargetInfo, UploadState } from "../model/binhost.ts";
import type { Snapshot, SnapshotDiff, StoredPackage } from "../model/snapshot.ts";

/** A SHA-256 as this project writes it. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "not a SHA-256 (64 hexadecimal digits)");

export const StoredPackageSchema: z.ZodType<StoredPackage> = z.object({
  cpv: z.string(),
  buildId: z.int().positive(),
  sha256: Sha256,
  size: z.int().nonnegative(),
  path: z.string(),
  slot: z.string(),
  subslot: z.string(),
  repository: z.string(),
  use: z.array(z.string()),
  iuse: z.array(z.string()),
  chost: z.string(),
  settings: z.record(z.string(), z.string()),
  depend: z.string(),
  bdepend: z.string(),
  rdepend: z.string(),
  pdepend: z.string(),
  idepend: z.string(),
  buildTime: z.int().nonnegative(),
});

export const SnapshotSchema: z.ZodType<Snapshot> = z.object({
  id: z.string(),
  target: z.string(),
  run: z.string(),
  createdAt: z.string(),
  tree: z.string(),
  bundle: z.string(),
  packages: z.array(StoredPackageSchema),
});

export const SnapshotInfoSchema: z.ZodType<SnapshotInfo> = z.object({
  id: z.string(),
  createdAt: z.string(),
  run: z.string(),
  packages: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  current: z.boolean(),
});

export const SnapshotDiffSchema: z.ZodType<SnapshotDiff> = z.object({
  from: z.string(),
  to: z.string(),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
  rebuilt: z.array(z.object({ cpv: z.string(), from: z.number(), to: z.number() })),
});

export const TargetInfoSchema: z.ZodType<TargetInfo> = z.object({
  name: z.string(),
  bundle: Sha256,
  updatedAt: z.string(),
  current: z.string().nullable(),
  revision: z.string().exactOptional(),
});

/** An older binhost knows of its targets only. */
export const BinhostViewSchema: z.ZodType<BinhostView> = z.union([
  z.array(TargetInfoSchema).transform((targets) => ({ targets })),
  z.object({ targets: z.array(TargetInfoSchema), history: z.string().nullable() }),
]);

export const BuildKeySchema: z.ZodType<BuildKey> = z.object({ cpv: z.string(), buildId: z.int().positive() });

export const UploadStateSchema: z.ZodType<UploadState> = z.object({
  offset: z.int().nonnegative(),
  complete: z.boolean(),
});

/** What every refusal of the binhost looks like. */
export const ErrorSchema = z.object({ error: z.string(), hint: z.string().optional(), offset: z.int().optional() });
