import { randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { z } from "zod";
import type { LogCut, LogFailure } from "../model/logs.ts";
import { makeDirectory, renameDurably } from "../system/atomicFile.ts";
import { orNull, StoreError } from "./errors.ts";
import { cutNote } from "./logNote.ts";
import { type LogSegments, readAt } from "./logSegments.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Compressed at once, so that a part can be read without what is before it. Bytes */
const BLOCK = 1024 * 1024;
/** A skippable frame (RFC 8878, 3.1.2): tools that decompress the file leave it out. */
const SKIPPABLE = 0x184d2a50;
/** Ends the file, after the length of the JSON before it: what is cut off is told from what is whole. */
const MAGIC = Buffer.from("swrmlog1");
const TRAILER = 4 + MAGIC.length;
/** Of the largest limit that can be set, well over what its blocks take. Bytes */
const MAX_INDEX = 1024 * 1024;

const IndexSchema = z.object({
  begun: z.int().nonnegative(),
  size: z.int().nonnegative(),
  cut: z.object({ from: z.int().nonnegative(), to: z.int().nonnegative() }).nullable(),
  failed: z.object({ phase: z.string().exactOptional(), errorLine: z.string().exactOptional() }).nullable(),
  /** Offset and length in the log, place and length in the file. */
  blocks: z.array(z.tuple([z.int(), z.int().nonnegative(), z.int().nonnegative(), z.int().nonnegative()])),
});
export type LogIndex = z.infer<typeof IndexSchema>;

/** Writes a log that is complete: one zstd frame a block, then what says where they are. It appears whole or not at all. */
export async function writeArchive(
  file: string,
  log: { begun: number; size: number; cut: LogCut | null; segments: LogSegments | null; failed: LogFailure | null },
): Promise<void> {
  const { begun, size, cut, segments, failed } = log;
  const index: LogIndex = { begun, size, cut, failed, blocks: [] };
  const temporary = join(dirname(file), `.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
  await makeDirectory(dirname(file));
  const handle = await open(temporary, "wx", 0o644);
  try {
    let place = 0;
    const add = async (offset: number, bytes: Uint8Array): Promise<void> => {
      const packed = await compress(bytes);
      await handle.writeFile(packed);
      index.blocks.push([offset, bytes.length, place, packed.length]);
      place += packed.length;
    };
    for (let at = 0; at < size; ) {
      const bytes = await segments?.read(at, BLOCK);
      if (bytes) {
        await add(at, bytes);
        at += bytes.length;
      } else if (cut?.from === at) {
        const note = cutNote(cut);
        await add(cut.to - note.length, note);
        at = cut.to;
      } else {
        throw new StoreError("broken", `${file}: byte ${at} of the log is missing`);
      }
    }
    const json = Buffer.from(JSON.stringify(index));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(SKIPPABLE, 0);
    head.writeUInt32LE(json.length + TRAILER, 4);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    await handle.writeFile(Buffer.concat([head, json, length, MAGIC]));
    await handle.sync();
    await handle.close();
    await renameDurably(temporary, file);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

/** What a complete log has, and where; null where there is none. StoreError: the file is damaged. */
export async function readIndex(file: string): Promise<LogIndex | null> {
  const handle = await orNull(open(file, "r"));
  if (handle === null) return null;
  try {
    return await indexOf(handle, file);
  } finally {
    await handle.close();
  }
}

/** The block that has `offset`, or the next one; null at the end. */
export async function readBlock(
  file: string,
  offset: number,
): Promise<{ index: LogIndex; at: number; bytes: Uint8Array } | null> {
  const handle = await orNull(open(file, "r"));
  if (handle === null) return null;
  try {
    const index = await indexOf(handle, file);
    const block = index.blocks.find(([start, length]) => start + length > offset);
    if (block === undefined) return { index, at: index.size, bytes: new Uint8Array() };
    const [start, length, place, packed] = block;
    const bytes = await decompress(await readAt(handle, place, packed)).catch(() => null);
    if (bytes?.length !== length) throw damaged(file);
    // Of the note on the cut all is given: it stands for what was asked for.
    const from =
      start >= (index.cut?.from ?? Number.POSITIVE_INFINITY) && start < (index.cut?.to ?? 0) ? start : offset;
    const at = Math.max(start, from);
    return { index, at, bytes: bytes.subarray(at - start) };
  } finally {
    await handle.close();
  }
}

async function indexOf(handle: FileHandle, file: string): Promise<LogIndex> {
  const { size } = await handle.stat();
  const trailer = await readAt(handle, Math.max(0, size - TRAILER), TRAILER);
  if (trailer.length < TRAILER || !MAGIC.equals(trailer.subarray(4))) throw damaged(file);
  const length = Buffer.from(trailer).readUInt32LE();
  if (length > Math.min(MAX_INDEX, size - TRAILER)) throw damaged(file);
  const json = await readAt(handle, size - TRAILER - length, length);
  try {
    return IndexSchema.parse(JSON.parse(Buffer.from(json).toString()));
  } catch {
    throw damaged(file);
  }
}

function damaged(file: string): StoreError {
  return new StoreError("broken", `${file} is damaged: this log cannot be read any more`);
}
