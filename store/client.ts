import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { BinhostView, BuildKey, SnapshotInfo, TargetInfo, UploadRequest } from "../model/binhost.ts";
import { messageOf } from "../model/errors.ts";
import type { Snapshot, SnapshotDiff, StoredPackage } from "../model/snapshot.ts";
import { renameDurably } from "../system/atomicFile.ts";
import { HistoryClient } from "./historyClient.ts";
import { LogsClient } from "./logsClient.ts";
import {
  BinhostViewSchema,
  ErrorSchema,
  Sha256,
  SnapshotDiffSchema,
  SnapshotInfoSchema,
  SnapshotSchema,
  StoredPackageSchema,
  TargetInfoSchema,
  UploadStateSchema,
} from "./wire.ts";

/** The binhost refused, or could not be reached. Of failure class infrastructure, whatever the reason: no package is to blame. */
export class BinhostError extends Error {
  override readonly name = "BinhostError";
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly class = "infrastructure";
  /** What to do about it, where the binhost told. */
  readonly hint: string | null;

  constructor(message: string, status: number, hint: string | null = null, cause?: unknown) {
    super(hint === null ? message : `${message}\n${hint}`, { cause });
    this.status = status;
    this.hint = hint;
  }
}

export interface ArtifactUpload extends UploadRequest {
  /** The local file. */
  file: string;
  signal?: AbortSignal;
  /** Bytes that are at the binhost. */
  onProgress?: (bytes: number) => void;
}

type Body = { json: unknown } | { bytes: Uint8Array | Readable; headers?: Record<string, string> };

/** The package store of a binhost over HTTP. It never retries by itself: that is its caller's. */
export class BinhostClient {
  /** What was built before, and what it took. */
  readonly history = new HistoryClient((...request) => this.#json(...request));
  /** What builds have written, and write. */
  readonly logs = new LogsClient({
    json: (...request) => this.#json(...request),
    bytes: (path, signal) => this.#bytes(path, signal),
    strange: (path, what) => new BinhostError(`${this.#url}${path}: not an answer of a binhost: ${what}`, 0),
  });
  readonly #url: string;
  readonly #token: string;

  /** `url`: the binhost's root, e.g. `http://127.0.0.1:8080`. */
  constructor(url: string, token: string) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  putBlob(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return this.#json("PUT", `/api/blobs/${sha256}`, z.object({ sha256: Sha256 }), { bytes }).then((it) => it.sha256);
  }

  async getBlob(sha256: string): Promise<Buffer> {
    const path = `/api/blobs/${part(sha256)}`;
    const response = await this.#send("GET", path);
    const bytes = Buffer.from(await whole(response.arrayBuffer(), this.#url + path));
    checkDigest(createHash("sha256").update(bytes).digest("hex"), sha256, `blob ${sha256}`);
    return bytes;
  }

  putTarget(name: string, bundle: string): Promise<TargetInfo> {
    return this.#json("PUT", `/api/targets/${part(name)}`, TargetInfoSchema, { json: { bundle } });
  }

  targets(): Promise<TargetInfo[]> {
    return this.#json("GET", "/api/targets", z.array(TargetInfoSchema));
  }

  /** What there is, at a cost that does not grow with it. */
  view(signal?: AbortSignal): Promise<BinhostView> {
    return this.#json("GET", "/api/targets?view=all", BinhostViewSchema, undefined, signal);
  }

  target(name: string): Promise<TargetInfo> {
    return this.#json("GET", `/api/targets/${part(name)}`, TargetInfoSchema);
  }

  /** Whether the binhost has an upload whole. */
  async hasUpload({ id, size, sha256 }: Pick<ArtifactUpload, "id" | "size" | "sha256">): Promise<boolean> {
    const path = `/api/uploads/${part(id)}?size=${size}&sha256=${sha256}`;
    return (await this.#json("GET", path, UploadStateSchema)).complete;
  }

  /**
   * Brings a file to the binhost, from where an earlier try of the same id stopped. Returns when the binhost has it whole
   * and has checked its digest; repeated then, it sends nothing.
   */
  async uploadArtifact({ id, size, sha256, file, signal, onProgress }: ArtifactUpload): Promise<void> {
    const path = `/api/uploads/${part(id)}?size=${size}&sha256=${sha256}`;
    const state = await this.#json("GET", path, UploadStateSchema, undefined, signal);
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
      const after = await this.#json(
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
    return this.#json("GET", `/api/staging/${part(run)}`, z.array(StoredPackageSchema));
  }

  /** Of these builds the ones that are staged for a run. */
  findStaged(run: string, builds: readonly BuildKey[]): Promise<StoredPackage[]> {
    const path = `/api/staging/${part(run)}/find`;
    return this.#json("POST", path, z.array(StoredPackageSchema), { json: builds });
  }

  async clearStaging(run: string): Promise<void> {
    await this.#json("DELETE", `/api/staging/${part(run)}`, z.object({}));
  }

  stagingRuns(): Promise<string[]> {
    return this.#json("GET", "/api/staging", z.array(z.string()));
  }

  /** Writes an accepted or published artifact to `file`, which appears whole and checked or not at all. */
  async fetchArtifact(sha256: string, file: string, signal?: AbortSignal): Promise<void> {
    const path = `/api/artifacts/${part(sha256)}`;
    const response = await this.#send("GET", path, undefined, signal);
    if (response.body === null) throw new BinhostError(`${this.#url}${path}: empty answer`, response.status);
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
      await whole(pipeline(source, hashing, createWriteStream(temporary, { flags: "wx" })), this.#url + path, signal);
      checkDigest(hash.digest("hex"), sha256, `artifact ${sha256}`);
      const handle = await open(temporary, "r");
      await handle.sync().finally(() => handle.close());
      await renameDurably(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  snapshots(target: string): Promise<SnapshotInfo[]> {
    return this.#json("GET", `/api/targets/${part(target)}/snapshots`, z.array(SnapshotInfoSchema));
  }

  snapshot(target: string, id: string): Promise<Snapshot | null> {
    const path = `/api/targets/${part(target)}/snapshots/${part(id)}`;
    return this.#json("GET", path, z.object({ snapshot: SnapshotSchema.nullable() })).then((it) => it.snapshot);
  }

  diff(target: string, from: string, to: string): Promise<SnapshotDiff> {
    return this.#json("GET", `/api/targets/${part(target)}/diff?from=${part(from)}&to=${part(to)}`, SnapshotDiffSchema);
  }

  rollback(target: string, id: string): Promise<Snapshot> {
    return this.#json("POST", `/api/targets/${part(target)}/rollback`, SnapshotSchema, { json: { id } });
  }

  prune(target: string, keep: number): Promise<string[]> {
    return this.#json("POST", `/api/targets/${part(target)}/prune`, z.array(z.string()), { json: { keep } });
  }

  async #json<T>(method: string, path: string, schema: z.ZodType<T>, body?: Body, signal?: AbortSignal): Promise<T> {
    const response = await this.#send(method, path, body, signal);
    const text = await whole(response.text(), this.#url + path, signal);
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const what = z.prettifyError(parsed.error);
    throw new BinhostError(`${this.#url}${path}: not an answer of a binhost: ${what}`, response.status);
  }

  async #bytes(path: string, signal?: AbortSignal): Promise<{ headers: Headers; bytes: Uint8Array } | null> {
    try {
      const response = await this.#send("GET", path, undefined, signal);
      const { headers } = response;
      return { headers, bytes: new Uint8Array(await whole(response.arrayBuffer(), this.#url + path, signal)) };
    } catch (error) {
      if (error instanceof BinhostError && error.status === 404) return null;
      throw error;
    }
  }

  async #send(method: string, path: string, body?: Body, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    const init: RequestInit & { duplex?: "half" } = { method, headers };
    if (signal) init.signal = signal;
    if (body && "json" in body) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body.json);
    } else if (body) {
      Object.assign(headers, { "content-type": "application/octet-stream" }, body.headers);
      // Copied into a plain ArrayBuffer view: fetch's types refuse a view on shared memory.
      init.body = body.bytes instanceof Readable ? webStream(body.bytes) : new Uint8Array(body.bytes);
      if (body.bytes instanceof Readable) init.duplex = "half";
    }
    let response: Response;
    try {
      response = await fetch(this.#url + path, init);
    } catch (error) {
      throw unreachable(error, this.#url, signal);
    }
    if (response.ok) return response;
    const text = await whole(response.text(), this.#url + path, signal);
    const refusal = ErrorSchema.safeParse(parseJson(text));
    if (!refusal.success) {
      throw new BinhostError(`${this.#url}${path}: HTTP ${response.status} ${response.statusText}`, response.status);
    }
    throw new BinhostError(refusal.data.error, response.status, refusal.data.hint ?? null);
  }
}

function webStream(source: Readable): ReadableStream {
  return Readable.toWeb(source) as ReadableStream;
}

function part(text: string): string {
  return encodeURIComponent(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A body that ends early or never comes is the network's fault as much as a refused connection. */
async function whole<T>(body: Promise<T>, url: string, signal?: AbortSignal): Promise<T> {
  try {
    return await body;
  } catch (error) {
    throw unreachable(error, url, signal);
  }
}

/** A cancellation is passed on as its caller worded it: it is nobody's failure. */
function unreachable(error: unknown, url: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
  return new BinhostError(`binhost ${url}: ${cause}`, 0, null, error);
}

function checkDigest(got: string, expected: string, what: string): void {
  if (got !== expected) throw new BinhostError(`${what} arrived with SHA-256 ${got}: it was changed on its way`, 0);
}
