import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { BinhostView, BuildKey, SnapshotInfo, TargetInfo, UploadRequest } from "../model/binhost.ts";
import type { Snapshot, SnapshotDiff, StoredPackage } from "../model/snapshot.ts";
import { renameDurably } from "../system/atomicFile.ts";
import { HistoryClient } from "./historyClient.ts";
import { LogsClient } from "./logsClient.ts";
import { arrived, BinhostError, BinhostTransport } from "./transport.ts";
import {
  BinhostViewSchema,
  Sha256,
  SnapshotDiffSchema,
  SnapshotInfoSchema,
  SnapshotSchema,
  StoredPackageSchema,
  TargetInfoSchema,
  UploadStateSchema,
} from "./wire.ts";

export interface ArtifactUpload extends UploadRequest {
  /** The local file. */
  file: string;
  signal?: AbortSignal;
  /** Bytes that are at the binhost. */
  onProgress?: (bytes: number) => void;
}

/** The package store of a binhost over HTTP. It never retries by itself: that is its caller's. */
export class BinhostClient {
  /** What was built before, and what it took. */
  readonly history: HistoryClient;
  /** What builds have written, and write. */
  readonly logs: LogsClient;
  readonly #transport: BinhostTransport;

  /**
   * @param url the binhost's root, e.g. `http://127.0.0.1:8080`
   * @param silentMs one that says nothing for so long does not answer; artifacts, which may wait for disks, take their time
   */
  constructor(url: string, token: string, silentMs?: number) {
    const transport = new BinhostTransport(url, token, silentMs);
    this.#transport = transport;
    this.history = new HistoryClient((...request) => transport.json(...request));
    this.logs = new LogsClient({
      json: (...request) => transport.json(...request),
      bytes: (path, signal) => transport.bytes(path, signal),
      strange: (path, what) => new BinhostError(`${transport.url}${path}: not an answer of a binhost: ${what}`, 0),
    });
  }

  putBlob(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return this.#transport
      .json("PUT", `/api/blobs/${sha256}`, z.object({ sha256: Sha256 }), { bytes })
      .then((it) => it.sha256);
  }

  async getBlob(sha256: string): Promise<Buffer> {
    const { bytes } = await this.#transport.whole("GET", `/api/blobs/${part(sha256)}`);
    checkDigest(createHash("sha256").update(bytes).digest("hex"), sha256, `blob ${sha256}`);
    return bytes;
  }

  putTarget(name: string, bundle: string): Promise<TargetInfo> {
    return this.#transport.json("PUT", `/api/targets/${part(name)}`, TargetInfoSchema, { json: { bundle } });
  }

  targets(): Promise<TargetInfo[]> {
    return this.#transport.json("GET", "/api/targets", z.array(TargetInfoSchema));
  }

  /** What there is, at a cost that does not grow with it. */
  view(signal?: AbortSignal): Promise<BinhostView> {
    return this.#transport.json("GET", "/api/targets?view=all", BinhostViewSchema, undefined, signal);
  }

  target(name: string): Promise<TargetInfo> {
    return this.#transport.json("GET", `/api/targets/${part(name)}`, TargetInfoSchema);
  }

  /** Whether the binhost has an upload whole. */
  async hasUpload({ id, size, sha256 }: Pick<ArtifactUpload, "id" | "size" | "sha256">): Promise<boolean> {
    const path = `/api/uploads/${part(id)}?size=${size}&sha256=${sha256}`;
    return (await this.#transport.json("GET", path, UploadStateSchema)).complete;
  }

  /**
   * Brings a file to the binhost, from where an earlier try of the same id stopped. Returns when the binhost has it whole
   * and has checked its digest; repeated then, it sends nothing.
   */
  async uploadArtifact({ id, size, sha256, file, signal, onProgress }: ArtifactUpload): Promise<void> {
    const path = `/api/uploads/${part(id)}?size=${size}&sha256=${sha256}`;
    const state = await this.#transport.json("GET", path, UploadStateSchema, undefined, signal);
    onProgress?.(state.offset);
    if (state.complete) return;
    let sent = state.offset;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sent += chunk.length;
        onProgress?.(sent);
        done(null, chunk);
      },
    });
    const source = createReadStream(file, { start: state.offset });
    source.on("error", (error) => counter.destroy(error));
    const bytes = source.pipe(counter);
    try {
      const after = await this.#transport.json(
        "PATCH",
        path,
        UploadStateSchema,
        { bytes, headers: { "upload-offset": String(state.offset) } },
        signal,
      );
      if (!after.complete) {
        throw new BinhostError(`upload ${id}: ${file} gave ${after.offset} of ${size} bytes`, 0);
      }
    } finally {
      source.destroy();
      counter.destroy();
    }
  }

  staged(run: string): Promise<StoredPackage[]> {
    return this.#transport.json("GET", `/api/staging/${part(run)}`, z.array(StoredPackageSchema));
  }

  /** Of these builds the ones that are staged for a run. */
  findStaged(run: string, builds: readonly BuildKey[]): Promise<StoredPackage[]> {
    const path = `/api/staging/${part(run)}/find`;
    return this.#transport.json("POST", path, z.array(StoredPackageSchema), { json: builds });
  }

  async clearStaging(run: string): Promise<void> {
    await this.#transport.json("DELETE", `/api/staging/${part(run)}`, z.object({}));
  }

  stagingRuns(): Promise<string[]> {
    return this.#transport.json("GET", "/api/staging", z.array(z.string()));
  }

  /** Writes an accepted or published artifact to `file`, which appears whole and checked or not at all. */
  async fetchArtifact(sha256: string, file: string, signal?: AbortSignal): Promise<void> {
    const path = `/api/artifacts/${part(sha256)}`;
    const response = await this.#transport.send("GET", path, undefined, signal);
    if (response.body === null) throw new BinhostError(`${this.#transport.url}${path}: empty answer`, response.status);
    const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
    const hash = createHash("sha256");
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      const source = Readable.fromWeb(response.body);
      await arrived(
        pipeline(source, hashing, createWriteStream(temporary, { flags: "wx" })),
        this.#transport.url + path,
        signal,
      );
      checkDigest(hash.digest("hex"), sha256, `artifact ${sha256}`);
      const handle = await open(temporary, "r");
      await handle.sync().finally(() => handle.close());
      await renameDurably(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  snapshots(target: string): Promise<SnapshotInfo[]> {
    return this.#transport.json("GET", `/api/targets/${part(target)}/snapshots`, z.array(SnapshotInfoSchema));
  }

  snapshot(target: string, id: string): Promise<Snapshot | null> {
    const path = `/api/targets/${part(target)}/snapshots/${part(id)}`;
    return this.#transport
      .json("GET", path, z.object({ snapshot: SnapshotSchema.nullable() }))
      .then((it) => it.snapshot);
  }

  diff(target: string, from: string, to: string): Promise<SnapshotDiff> {
    return this.#transport.json(
      "GET",
      `/api/targets/${part(target)}/diff?from=${part(from)}&to=${part(to)}`,
      SnapshotDiffSchema,
    );
  }

  rollback(target: string, id: string): Promise<Snapshot> {
    return this.#transport.json("POST", `/api/targets/${part(target)}/rollback`, SnapshotSchema, { json: { id } });
  }

  prune(target: string, keep: number): Promise<string[]> {
    return this.#transport.json("POST", `/api/targets/${part(target)}/prune`, z.array(z.string()), { json: { keep } });
  }
}

function part(text: string): string {
  return encodeURIComponent(text);
}

function checkDigest(got: string, expected: string, what: string): void {
  if (got !== expected) throw new BinhostError(`${what} arrived with SHA-256 ${got}: it was changed on its way`, 0);
}
