import { mkdir, open, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { BinhostClient } from "../../store/client.ts";
import { renameDurably } from "../../system/atomicFile.ts";
import { freeBytes, GIB, trimDirectory } from "../../system/disk.ts";
import { sha256Of } from "./digest.ts";
import { LinkMeter } from "./link.ts";

/** At most, and no more than what is left free beside them. */
const LIMIT_BYTES = 20 * GIB;
/** After so much that is new it is looked whether it is too much. */
const TRIM_BYTES = GIB / 4;
/** A build that begins needs what it has asked for. ms */
const SPARE_MS = 10 * 60_000;
/** Fetches at once for one build. */
const LANES = 4;

/** Binary packages that builds needed or gave here, by SHA-256: files that never change. The ones used longest ago go first. */
export class ArtifactCache {
  readonly #directory: string;
  readonly #binhost: BinhostClient;
  /** Two builds that need the same file fetch it once. */
  readonly #fetches = new Map<string, Promise<void>>();
  readonly #link = new LinkMeter();
  #sinceTrim = 0;
  #bytes = 0;

  constructor(directory: string, binhost: BinhostClient) {
    this.#directory = directory;
    this.#binhost = binhost;
  }

  path(sha256: string): string {
    return join(this.#directory, sha256);
  }

  /** Brings all of them; rejects with BinhostError where one cannot be had, when no fetch of this call is left. */
  async ensure(wanted: readonly string[], signal: AbortSignal): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const queue = [...new Set(wanted)];
    const lane = async (): Promise<void> => {
      for (let sha256 = queue.pop(); sha256 !== undefined; sha256 = queue.pop()) {
        signal.throwIfAborted();
        await this.#ensureOne(sha256);
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
    const failed = lanes.find((it) => it.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Of what was fetched so far; null until that was enough to tell. */
  get linkBytesPerSecond(): number | null {
    return this.#link.bytesPerSecond;
  }

  /**
   * Moves a package here that was built on this drone: those that are built with it need not fetch it. One that is gone was
   * moved before; one that a power cut has damaged is left where it is.
   */
  async keep(sha256: string, file: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const handle = await open(file, "r").catch(() => null);
    if (handle === null) return;
    let bytes: number;
    try {
      bytes = (await handle.stat()).size;
      // What lies here under its digest is believed to be that, also after a power cut.
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await sha256Of(file)) !== sha256) return;
    await renameDurably(file, this.path(sha256));
    await this.#grown(bytes);
  }

  /** Of all that is here, as of the last trim and with what has come since. */
  get bytes(): number {
    return this.#bytes;
  }

  async trim(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    await this.#trimTo(Math.min(LIMIT_BYTES, await freeBytes(this.#directory)));
  }

  /** Gives way until so many bytes of the disk are free, as far as that goes. */
  async makeRoom(wanted: number): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const missing = wanted - (await freeBytes(this.#directory));
    if (missing > 0) await this.#trimTo(Math.max(0, this.#bytes - missing));
  }

  async #trimTo(limit: number): Promise<void> {
    this.#sinceTrim = 0;
    this.#bytes = await trimDirectory(this.#directory, limit, SPARE_MS);
  }

  /** There is a new file here. */
  async #grown(bytes: number): Promise<void> {
    this.#sinceTrim += bytes;
    this.#bytes += bytes;
    if (this.#sinceTrim > TRIM_BYTES) await this.trim();
  }

  async #ensureOne(sha256: string): Promise<void> {
    const now = new Date();
    const there = await utimes(this.path(sha256), now, now).then(
      () => true,
      () => false,
    );
    if (there) return;
    // Not with the caller's signal: another build may wait for the same fetch.
    const fetch = this.#fetches.get(sha256) ?? this.#fetch(sha256);
    this.#fetches.set(sha256, fetch);
    await fetch.finally(() => this.#fetches.delete(sha256));
  }

  async #fetch(sha256: string): Promise<void> {
    const file = this.path(sha256);
    const bytes = await this.#link.measure(async () => {
      await this.#binhost.fetchArtifact(sha256, file);
      return (await stat(file)).size;
    });
    await this.#grown(bytes);
  }
}
