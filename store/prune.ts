import { rm } from "node:fs/promises";
import { join } from "node:path";
import { renameDurably } from "../system/atomicFile.ts";
import { exclusively, type StoreContext } from "./context.ts";
import { StoreError } from "./errors.ts";
import { removeUnused } from "./pool.ts";
import { settle } from "./publish.ts";
import { snapshots } from "./snapshots.ts";
import { clearStaging, sweepStaging } from "./staging.ts";
import { target } from "./targets.ts";
import { sweepUploads } from "./uploads.ts";

/**
 * Removes all but the newest `keep` snapshots and the current one, the staging of published runs, then every artifact that
 * nothing uses any more.
 */
export async function prune(context: StoreContext, name: string, keep: number): Promise<string[]> {
  if (!Number.isInteger(keep) || keep < 1) throw new StoreError("invalid", `keep must be 1 or more, not ${keep}`);
  const { layout } = context;
  await target(context, name);
  const removed = await exclusively(context, layout.targetLock(name), async () => {
    await settle(context, name);
    const published = await snapshots(context, name);
    // What a run published is held by its snapshot: its staging would hold it for ever.
    for (const { run } of published) await clearStaging(context, run);
    const old = published.slice(keep).filter((it) => !it.current);
    for (const { id } of old) await remove(context, layout.snapshots(name), id);
    return old.map((it) => it.id);
  });
  await exclusively(context, layout.poolLock, async () => {
    await sweepStaging(context);
    await sweepUploads(context);
    await removeUnused(context);
  });
  return removed;
}

/** A name with a dot first: a removal that is cut off leaves nothing that could be read as a snapshot. */
async function remove(context: StoreContext, parent: string, name: string): Promise<void> {
  const going = join(parent, `.${name}.removed`);
  await renameDurably(join(parent, name), going);
  context.checkpoint("prune: snapshot out of sight");
  await rm(going, { recursive: true, force: true });
}
