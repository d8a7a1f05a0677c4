import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Snapshot, StoredPackage } from "../model/snapshot.ts";
import { StoreError } from "./errors.ts";
import { Sha256, SnapshotSchema, StoredPackageSchema } from "./wire.ts";

/** pool/…/<sha256>.json: written once, when the artifact is accepted, from the artifact itself. */
export interface PoolRecord {
  package: StoredPackage;
  /** The package's block in `Packages`, without what depends on the place: PATH and MTIME. */
  index: Record<string, string>;
}
export const PoolRecordSchema: z.ZodType<PoolRecord> = z.object({
  package: StoredPackageSchema,
  index: z.record(z.string(), z.string()),
});

/** target.json */
export const TargetRecordSchema = z.object({ name: z.string(), bundle: Sha256, updatedAt: z.string() });
export type TargetRecord = z.infer<typeof TargetRecordSchema>;

/** summary.json beside snapshot.json: enough for a list, without reading every package. */
export const SummarySchema = z.object({
  id: z.string(),
  run: z.string(),
  createdAt: z.string(),
  packages: z.int(),
  bytes: z.int(),
  /** TIMESTAMP of the index, seconds since the epoch. */
  timestamp: z.int(),
});
export type Summary = z.infer<typeof SummarySchema>;

/** reason.json of a quarantined artifact. */
export const ReasonSchema = z.object({ id: z.string(), run: z.string(), reason: z.string(), at: z.string() });

/** What the store needs to know of a target's bundle. */
export const BundleSchema = z.looseObject({
  format: z.literal(1),
  name: z.string(),
  profile: z.object({ repository: z.string(), path: z.string() }),
});

/** snapshot.json */
export function readSnapshot(path: string): Promise<Snapshot> {
  return readRecord(path, SnapshotSchema);
}

/** Reads a JSON file of the store. ENOENT passes through. */
export async function readRecord<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, "utf8");
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new StoreError("broken", `${path}: not what the store wrote: ${why}`, {
      hint: "The file was changed or the disk is damaged: restore the binhost's directory from a backup.",
    });
  }
}
