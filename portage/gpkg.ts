import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Extract, extract } from "tar-stream";
import { messageOf } from "../model/errors.ts";
import { GpkgError } from "./gpkgError.ts";
import { checkManifest, type MemberDigests, parseManifest } from "./gpkgManifest.ts";
import { type GpkgMetadata, MAX_METADATA_BYTES, readMetadata } from "./gpkgMetadata.ts";

/** What one pass over a sound gpkg gives: everything is read from the file itself. */
export interface GpkgReport {
  /** Bytes. */
  size: number;
  sha256: string;
  md5: string;
  sha1: string;
  /** Whether its Manifest or a member carries an OpenPGP signature (which is not verified here: clients do). */
  signed: boolean;
  metadata: GpkgMetadata;
}

/** Nothing real is this small: Portage leaves a 0-byte reservation behind when packaging or signing fails. */
const MIN_BYTES = 1024;
const MAX_MANIFEST_BYTES = 1024 * 1024;
const VERSION_MEMBER = "gpkg-1";
const METADATA = /^metadata\.tar(\.[a-z0-9]+)?$/;
const IMAGE = /^image\.tar(\.[a-z0-9]+)?$/;
const SIGNATURE = /\.sig$/;
/** One directory, one file in it, neither hidden nor a step upwards. */
const MEMBER_PATH = /^([A-Za-z0-9_][A-Za-z0-9+_.-]*)\/([A-Za-z0-9_][A-Za-z0-9+_.-]*)$/;

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

interface Member extends MemberDigests {
  /** Content, kept of the metadata and the Manifest only. */
  content: Buffer | null;
}

/**
 * Reads and checks a binary package of Gentoo's gpkg format (GLEP 78): structure, every digest of its Manifest, full
 * coverage, metadata. One pass in constant memory. Throws `GpkgError` with the reason where it is not sound.
 */
export async function readGpkg(file: string): Promise<GpkgReport> {
  const { size } = await stat(file);
  if (size <= MIN_BYTES) throw new GpkgError(`${size} bytes: a package is larger than ${MIN_BYTES}`);
  const whole = { sha256: createHash("sha256"), md5: createHash("md5"), sha1: createHash("sha1") };
  const { directory, members } = await readMembers(createReadStream(file, { highWaterMark: 1024 * 1024 }), whole);

  const manifest = members.get("Manifest")?.content;
  if (!manifest) throw new GpkgError("no Manifest: truncated, or not a gpkg");
  const signed = checkManifest(parseManifest(manifest.toString("utf8")), members);
  const name = exactlyOne(members, METADATA, "metadata.tar");
  exactlyOne(members, IMAGE, "image.tar");
  const content = members.get(name)?.content;
  if (!content) throw new GpkgError(`${name}: empty`);
  const metadata = await readMetadata(name, content);
  const expected = `${metadata.PF}-${metadata.BUILD_ID}`;
  if (directory !== expected) {
    throw new GpkgError(`its directory is ${directory}, but its metadata says ${expected} (PF-BUILD_ID)`);
  }
  return {
    size,
    sha256: whole.sha256.digest("hex"),
    md5: whole.md5.digest("hex"),
    sha1: whole.sha1.digest("hex"),
    signed,
    metadata,
  };
}

async function readMembers(
  source: Readable,
  hashes: Record<string, Hash>,
): Promise<{ directory: string; members: Map<string, Member> }> {
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const hash of Object.values(hashes)) hash.update(chunk);
      done(null, chunk);
    },
  });
  const archive = extract();
  const feeding = pipeline(source, hashing, archive);
  // Its error reaches the loop below through `archive`; unhandled here it would end the process.
  feeding.catch(() => {});
  const members = new Map<string, Member>();
  let directory = "";
  try {
    for await (const entry of archive) {
      const [top, name] = memberName(entry);
      if (members.size === 0) {
        if (name !== VERSION_MEMBER) throw new GpkgError(`the first member is ${name}, not ${VERSION_MEMBER}`);
        directory = top;
      }
      if (top !== directory) throw new GpkgError(`two top directories: ${directory} and ${top}`);
      if (members.has(name)) throw new GpkgError(`${name}: there twice`);
      members.set(name, await readMember(entry, name));
    }
    await feeding;
  } catch (error) {
    if (error instanceof GpkgError) throw error;
    if (error instanceof Error && "syscall" in error) throw error;
    const last = [...members.keys()].at(-1);
    const where = last === undefined ? "at its beginning" : `after ${last}`;
    throw new GpkgError(`truncated or not a tar archive ${where}: ${messageOf(error)}`);
  }
  if (members.size === 0) throw new GpkgError("not a tar archive: no member");
  return { directory, members };
}

function memberName(entry: Entry): [string, string] {
  const { name, type } = entry.header;
  const [, top, file] = MEMBER_PATH.exec(name) ?? [];
  if (top === undefined || file === undefined) {
    throw new GpkgError(`member ${JSON.stringify(name)}: not DIRECTORY/FILE with plain names`);
  }
  if (type !== "file") throw new GpkgError(`member ${name}: a ${type}, not a file`);
  return [top, file];
}

async function readMember(entry: Entry, name: string): Promise<Member> {
  const limit = name === "Manifest" ? MAX_MANIFEST_BYTES : METADATA.test(name) ? MAX_METADATA_BYTES : null;
  const hashes = { BLAKE2B: createHash("blake2b512"), SHA512: createHash("sha512"), SHA256: createHash("sha256") };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of entry as AsyncIterable<Buffer>) {
    for (const hash of Object.values(hashes)) hash.update(chunk);
    size += chunk.length;
    if (limit === null) continue;
    if (size > limit) throw new GpkgError(`${name}: larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  const digests = new Map(Object.entries(hashes).map(([algorithm, hash]) => [algorithm, hash.digest("hex")]));
  return { size, digests, content: limit === null ? null : Buffer.concat(chunks) };
}

function exactlyOne(members: Map<string, Member>, pattern: RegExp, what: string): string {
  const [name, second] = [...members.keys()].filter((it) => pattern.test(it));
  if (name === undefined) throw new GpkgError(`no ${what}`);
  if (second !== undefined) throw new GpkgError(`both ${name} and ${second}`);
  for (const other of members.keys()) {
    const known = other === VERSION_MEMBER || other === "Manifest" || METADATA.test(other) || IMAGE.test(other);
    if (!known && !SIGNATURE.test(other)) throw new GpkgError(`${other}: no part of a gpkg`);
  }
  return name;
}
