import { readdir, readlink, stat } from "node:fs/promises";
import { z } from "zod";
import type { TargetInfo } from "../model/binhost.ts";
import { messageOf } from "../model/errors.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { getBlob } from "./blobs.ts";
import { exclusively, type StoreContext } from "./context.ts";
import { orNull, StoreError } from "./errors.ts";
import { snapshotOfLink } from "./layout.ts";
import { BundleSchema, readRecord, type TargetRecord, TargetRecordSchema } from "./records.ts";

export async function putTarget(context: StoreContext, name: string, bundle: string): Promise<TargetInfo> {
  const { layout } = context;
  const described = await readBundle(context, bundle);
  if (described.name !== name) {
    throw new StoreError("invalid", `bundle ${bundle} is of target ${described.name}, not of ${name}`);
  }
  await exclusively(context, layout.targetLock(name), async () => {
    const known = await orNull(readRecord(layout.targetFile(name), TargetRecordSchema));
    if (known?.bundle === bundle) return;
    const record: TargetRecord = { name, bundle, updatedAt: new Date().toISOString() };
    await writeFileAtomic(layout.targetFile(name), `${JSON.stringify(record)}\n`);
  });
  return target(context, name);
}

export async function targets(context: StoreContext): Promise<TargetInfo[]> {
  const names = (await orNull(readdir(context.layout.targets))) ?? [];
  const all = await Promise.all(names.sort().map((name) => orNull(read(context, name))));
  return all.filter((it) => it !== null);
}

export async function target(context: StoreContext, name: string): Promise<TargetInfo> {
  const found = await orNull(read(context, name));
  if (found !== null) return found;
  const known = (await targets(context)).map((it) => it.name);
  throw new StoreError("not-found", `unknown target ${name}`, {
    hint:
      known.length === 0
        ? "The binhost has no target yet: put one with swarm target put DIRECTORY."
        : `Known targets: ${known.join(", ")}.`,
  });
}

/** Id of the target's published snapshot. */
export async function currentId(context: StoreContext, name: string): Promise<string | null> {
  const link = await orNull(readlink(context.layout.current(name)));
  return link === null ? null : snapshotOfLink(link);
}

/** What the store needs of a bundle; the whole is for those who build. */
export async function readBundle(context: StoreContext, sha256: string): Promise<z.infer<typeof BundleSchema>> {
  const bytes = await getBlob(context, sha256);
  try {
    return BundleSchema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new StoreError("invalid", `blob ${sha256} is not a target's bundle: ${why}`);
  }
}

async function read(context: StoreContext, name: string): Promise<TargetInfo> {
  const { layout } = context;
  const record = await readRecord(layout.targetFile(name), TargetRecordSchema);
  const link = await orNull(readlink(layout.current(name)));
  // A snapshot comes, and goes out of sight, by a rename in its directory; what is published is the link.
  const changed = await orNull(stat(layout.snapshots(name), { bigint: true }));
  const revision = `${(changed?.mtimeNs ?? 0n).toString(36)} ${link ?? ""}`;
  return { ...record, current: link === null ? null : snapshotOfLink(link), revision };
}
