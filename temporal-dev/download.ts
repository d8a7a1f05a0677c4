import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { renameDurably } from "../system/atomicFile.ts";
import { fetchBytes } from "./fetchBytes.ts";

/** The official releases. */
export const RELEASE_URL = "https://github.com/temporalio/cli/releases/download";
/** Beside the binary's directory: what a killed download leaves there begins so. */
export const DOWNLOAD_PREFIX = "temporal-download-";
/** Where nothing answers, Go is tried next: a person should not wait long for that. ms */
const STALL_MS = 10_000;
/** The archive has about 50 MB. */
const MAX_ARCHIVE_BYTES = 500 * 1024 * 1024;
const MAX_CHECKSUMS_BYTES = 64 * 1024;
/** Between two lines of progress. ms */
const PROGRESS_MS = 5_000;

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

export interface DownloadRequest {
  /** Directory of the releases. */
  releaseUrl: string;
  version: string;
  cacheDir: string;
  /** Where the binary shall be: below cacheDir. */
  binary: string;
  onProgress: (line: string) => void;
}

/** Name of a release's archive, as the release's goreleaser configuration forms it; null where there is none. */
export function archiveName(version: string): string | null {
  const architecture = ARCHITECTURES[process.arch];
  return architecture ? `temporal_cli_${version}_${process.platform}_${architecture}.tar.gz` : null;
}

/**
 * Downloads the release's archive, checks it against the release's published checksums, and puts the binary in place by
 * rename. Nothing of a failed try stays.
 */
export async function downloadRelease(request: DownloadRequest): Promise<void> {
  const { version, cacheDir, binary } = request;
  const archive = archiveName(version);
  if (!archive) throw new Error(`download: there is no release for ${process.platform}/${process.arch}`);
  const bytes = await fetchArchive(archive, request);
  await mkdir(cacheDir, { recursive: true });
  const temporary = await mkdtemp(join(cacheDir, DOWNLOAD_PREFIX));
  try {
    const unpacked = join(temporary, "temporal");
    if (!(await unpackBinary(bytes, unpacked))) throw new Error(`download: ${archive} holds no file temporal`);
    await mkdir(dirname(binary), { recursive: true });
    await renameDurably(unpacked, binary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The archive, with the digest that the release publishes for it. */
async function fetchArchive(archive: string, { releaseUrl, version, onProgress }: DownloadRequest): Promise<Buffer> {
  const base = `${releaseUrl}/v${version}`;
  onProgress(`downloading ${base}/${archive}`);
  let told = Date.now();
  const onReceived = (received: number, total: number | null): void => {
    if (Date.now() - told < PROGRESS_MS) return;
    told = Date.now();
    onProgress(`downloading ${archive}: ${mebibytes(received)}${total === null ? "" : ` of ${mebibytes(total)}`} MiB`);
  };
  try {
    const checksums = await fetchBytes(`${base}/checksums.txt`, { stallMs: STALL_MS, maxBytes: MAX_CHECKSUMS_BYTES });
    const published = checksumOf(archive, checksums.toString("utf8"));
    if (!published) throw new Error(`${base}/checksums.txt has no line for ${archive}`);
    const limits = { stallMs: STALL_MS, maxBytes: MAX_ARCHIVE_BYTES, onReceived };
    const bytes = await fetchBytes(`${base}/${archive}`, limits);
    const received = createHash("sha256").update(bytes).digest("hex");
    if (received === published) return bytes;
    throw new Error(`${archive} has SHA-256 ${received}, the release publishes ${published}: refused`);
  } catch (error) {
    throw new Error(`download: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);

/** Lines of `sha256sum`: digest, spaces, name. */
function checksumOf(archive: string, checksums: string): string | null {
  for (const line of checksums.split("\n")) {
    const [digest, name] = line.trim().split(/\s+/);
    if (name === archive && digest && /^[0-9a-f]{64}$/.test(digest)) return digest;
  }
  return null;
}

/** Takes the one file that is wanted; names in the archive are never used as paths. False: it is not in the archive. */
async function unpackBinary(archive: Buffer, to: string): Promise<boolean> {
  const entries = extract();
  let found = false;
  const take = async (): Promise<void> => {
    for await (const entry of entries) {
      if (entry.header.name !== "temporal" || entry.header.type !== "file" || found) {
        entry.resume();
        continue;
      }
      found = true;
      const file = await open(to, "wx", 0o755);
      // `flush`: on disk before it gets its name, else a power cut could leave a damaged binary that looks whole.
      await pipeline(entry, file.createWriteStream({ flush: true }));
    }
  };
  // Together: a damaged archive makes both fail, and neither failure may go unhandled.
  await Promise.all([pipeline(Readable.from([archive]), createGunzip(), entries), take()]);
  return found;
}
