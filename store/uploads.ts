import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { UploadRequest, UploadState } from "../model/binhost.ts";
import { makeDirectory, renameDurably, syncDirectory } from "../system/atomicFile.ts";
import { exclusively, explainFull, type StoreContext } from "./context.ts";
import { isErrno, orNull, StoreError } from "./errors.ts";
import { linkOnce } from "./pool.ts";

/** An upload that nobody goes on with for so long is removed by prune. */
const ABANDONED_MS = 7 * 24 * 3600 * 1000;

/**
 * Where the sender goes on. Content that the pool has already need not travel again.
 * An earlier try that still hangs is ended: an upload has one sender, and it has just said that it starts again.
 */
export function uploadState(context: StoreContext, upload: UploadRequest): Promise<UploadState> {
  context.receiving.get(upload.id)?.destroy();
  return context.mutex.run(`upload ${upload.id}`, () => stateOf(context, upload));
}

async function stateOf(context: StoreContext, upload: UploadRequest): Promise<UploadState> {
  const { layout } = context;
  const whole = await orNull(stat(layout.wholeUpload(upload.id)));
  if (whole !== null) return finished(upload, whole.size);
  if (await takeFromPool(context, upload)) return { offset: upload.size, complete: true };
  const part = await orNull(stat(layout.partialUpload(upload.id)));
  return { offset: part?.size ?? 0, complete: false };
}

/** Under the pool's lock, so that the content is not removed as unused meanwhile. */
async function takeFromPool(context: StoreContext, { id, size, sha256 }: UploadRequest): Promise<boolean> {
  const { layout } = context;
  const pooled = layout.poolFile(sha256);
  if ((await orNull(stat(pooled))) === null) return false;
  return exclusively(context, layout.poolLock, async () => {
    const known = (await orNull(stat(layout.poolRecord(sha256)))) !== null;
    if (!known || (await orNull(stat(pooled)))?.size !== size) return false;
    await makeDirectory(layout.uploads);
    await linkOnce(pooled, layout.wholeUpload(id));
    await syncDirectory(layout.uploads);
    return true;
  });
}

/**
 * Appends to an upload. `conflict` with the right offset where `offset` is not the end; `invalid` where the bytes are too
 * many, too few or have another digest: nothing is kept then. Bytes that came before a broken connection are kept.
 */
export function appendUpload(
  context: StoreContext,
  upload: UploadRequest,
  offset: number,
  bytes: Readable,
): Promise<UploadState> {
  return context.mutex.run(`upload ${upload.id}`, async () => {
    context.receiving.set(upload.id, bytes);
    try {
      return await explainFull(context, () => append(context, upload, offset, bytes));
    } finally {
      context.receiving.delete(upload.id);
    }
  });
}

async function append(
  context: StoreContext,
  upload: UploadRequest,
  offset: number,
  bytes: Readable,
): Promise<UploadState> {
  const { id, size, sha256 } = upload;
  const state = await stateOf(context, upload);
  if (state.complete || state.offset !== offset) {
    throw new StoreError("conflict", `upload ${id}: offset ${offset} given, it is at ${state.offset}`, {
      offset: state.offset,
      hint: "Ask for its state and go on from there.",
    });
  }
  const part = context.layout.partialUpload(id);
  await makeDirectory(context.layout.uploads);
  const hash = createHash("sha256");
  if (offset > 0) await pipeline(createReadStream(part, { end: offset - 1 }), sink(hash));
  const handle = await open(part, offset === 0 ? "w" : "r+", 0o644);
  let end: number;
  try {
    end = await write(handle, bytes, { offset, limit: size, hash });
    await handle.sync();
  } catch (error) {
    // A full disk gets its space back: the sender still has the file.
    if (isErrno(error, "ENOSPC", "EDQUOT")) await rm(part, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  const digest = hash.digest("hex");
  const wrong =
    end > size
      ? `more than the ${size} bytes announced`
      : end < size
        ? `it ended after ${end} of ${size} bytes`
        : digest !== sha256
          ? `SHA-256 is ${digest}, announced was ${sha256}`
          : null;
  if (wrong !== null) {
    await rm(part, { force: true });
    throw new StoreError("invalid", `upload ${id}: ${wrong}`, { hint: "Nothing of it was kept: send the file again." });
  }
  await renameDurably(part, context.layout.wholeUpload(id));
  return { offset: size, complete: true };
}

/** Writes until the source ends or gives more than the limit; where it ended. */
async function write(
  handle: FileHandle,
  bytes: Readable,
  { offset, limit, hash }: { offset: number; limit: number; hash: Hash },
): Promise<number> {
  let end = offset;
  // Not destroyed when the loop is left: the request's socket is still needed for the answer.
  const chunks: AsyncIterable<Buffer> = bytes.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    if (end + chunk.length > limit) return end + chunk.length;
    hash.update(chunk);
    let written = 0;
    while (written < chunk.length) {
      written += (await handle.write(chunk, written, chunk.length - written, end + written)).bytesWritten;
    }
    end += chunk.length;
  }
  return end;
}

/** Removes uploads that were given up. The caller holds the pool's lock. */
export async function sweepUploads(context: StoreContext): Promise<void> {
  for (const name of (await orNull(readdir(context.layout.uploads))) ?? []) {
    const path = join(context.layout.uploads, name);
    const found = await orNull(stat(path));
    if (found !== null && Date.now() - found.ctimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

function finished(upload: UploadRequest, size: number): UploadState {
  if (size === upload.size) return { offset: size, complete: true };
  throw new StoreError("conflict", `upload ${upload.id} is finished with ${size} bytes, not ${upload.size}`, {
    hint: "An id names one file for ever: use a new one for another.",
  });
}

function sink(hash: Hash): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
}
