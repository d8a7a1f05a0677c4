import { mkdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { BinhostClient } from "../../store/client.ts";
import { GIB, trimDirectory } from "../../system/disk.ts";

const LIMIT_BYTES = 20 * GIB;
/** Fetches at once for one build. */
const LANES = 4;

/** Binary packages that builds needed, by SHA-256, and blobs: files that never change. The ones used longest ago go first. */
export class ArtifactCache {
  readonly #directory: string;
  readonly #binhost: BinhostClient;
  /** Two builds that need the same file fetch it once. */
  readonly #fetches = new Map<string, Promise<void>>();

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

  async trim(): Promise<void> {
    await trimDirectory(this.#directory, LIMIT_BYTES);
  }

  async #ensureOne(sha256: string): Promise<void> {
    const now = new Date();
    const there = await utimes(this.path(sha256), now, now).then(
      () => true,
      () => false,
    );
    if (there) return;
    // Not with the caller's signal: another build may wait for the same fetch.
    const fetch = this.#fetches.get(sha256) ?? this.#binhost.fetchArtifact(sha256, this.path(sha256));
    this.#fetches.set(sha256, fetch);
    await fetch.finally(() => this.#fetches.delete(sha256));
  }
}
