import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { messageOf } from "../model/errors.ts";
import { renameDurably } from "../system/atomicFile.ts";

/** The official releases. */
export const RELEASE_URL = "https://github.com/temporalio/cli/releases/download";
/** To the first byte. ms */
const ANSWER_MS = 10_000;
/** The whole archive (about 50 MB) over a slow line. ms */
const TOTAL_MS = 15 * 60_000;
/** Larger is no archive of this release. bytes */
const MAX_ARCHIVE = 500 * 1024 * 1024;

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * Downloads the release's archive, checks it against the release's published checksums, and puts the binary in place by
 * rename. Nothing of a failed try stays.
 */
export async function downloadRelease(
  releaseUrl: string,
  version: string,
  binary: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const architecture = ARCHITECTURES[process.arch];
  if (!architecture) throw new Error(`download: there is no release for ${process.platform}/${process.arch}`);
  const archive = `temporal_cli_${version}_${process.platform}_${architecture}.tar.gz`;
  const base = `${releaseUrl}/v${version}`;
  onProgress(`downloading ${base}/${archive}`);
  const expected = checksumOf(archive, (await get(`${base}/checksums.txt`)).toString("utf8"), base);
  const bytes = await get(`${base}/${archive}`);
  const received = createHash("sha256").update(bytes).digest("hex");
  if (received !== expected) {
    throw new Error(`download: ${archive} has SHA-256 ${received}, published is ${expected}: refused`);
  }
  await mkdir(dirname(dirname(binary)), { recursive: true });
  const temporary = await mkdtemp(`${dirname(binary)}.tmp-`);
  try {
    await unpackBinary(bytes, join(temporary, "temporal"), archive);
    await mkdir(dirname(binary), { recursive: true });
    await renameDurably(join(temporary, "temporal"), binary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function checksumOf(archive: string, checksums: string, base: string): string {
  for (const line of checksums.split("\n")) {
    const [digest, name] = line.trim().split(/\s+/);
    if (name === archive && digest && /^[0-9a-f]{64}$/.test(digest)) return digest;
  }
  throw new Error(`download: ${base}/checksums.txt has no line for ${archive}`);
}

async function get(url: string): Promise<Buffer> {
  const abort = new AbortController();
  const answer = setTimeout(() => abort.abort(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([abort.signal, AbortSignal.timeout(TOTAL_MS)]) });
    clearTimeout(answer);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    if (Number(response.headers.get("content-length") ?? 0) > MAX_ARCHIVE) throw new Error("larger than any release");
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
    throw new Error(`download: ${url}: ${cause}`, { cause: error });
  } finally {
    clearTimeout(answer);
  }
}

/** Takes the one file that is wanted; names in the archive are never used as paths. */
async function unpackBinary(archive: Buffer, to: string, name: string): Promise<void> {
  const entries = extract();
  let found = false;
  const unpacked = pipeline(Readable.from([archive]), createGunzip(), entries);
  for await (const entry of entries) {
    if (entry.header.name !== "temporal" || entry.header.type !== "file") {
      entry.resume();
      continue;
    }
    const handle = await open(to, "wx", 0o755);
    await pipeline(entry, handle.createWriteStream());
    found = true;
  }
  await unpacked;
  if (!found) throw new Error(`download: ${name} holds no temporal`);
  await chmod(to, 0o755);
}
