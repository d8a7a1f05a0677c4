import { readdir, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { beforeEach, describe, expect, test } from "vitest";
import { expectedOf, makeGpkg } from "../../bench/gpkgMaker.ts";
import type { BinhostClient } from "../../store/client.ts";
import type { PackageStore } from "../../store/store.ts";
import { servedStore, TOKEN } from "./served.ts";
import { sha256Of, TARGET, temporaryDirectory, uploadOf } from "./support.ts";

let store: PackageStore;
let server: FastifyInstance;
let url: string;
let client: BinhostClient;

beforeEach(async () => {
  ({ store, server, url, client } = await servedStore());
});

describe("upload", () => {
  const FAKE = { cpv: "app-misc/hello-1.0", image: Buffer.alloc(3_000_000, "image") };
  let bytes: Buffer;
  let file: string;
  beforeEach(async () => {
    bytes = await makeGpkg(FAKE);
    file = join(await temporaryDirectory(), "hello.gpkg.tar");
    await writeFile(file, bytes);
  });

  const accept = () =>
    store.acceptUpload({ ...uploadOf("u", bytes), run: "desktop-1", target: TARGET, expected: expectedOf(FAKE) });
  const patch = (offset: number, body: Buffer | string, { size = bytes.length, sha256 = sha256Of(bytes) } = {}) =>
    fetch(`${url}/api/uploads/u?size=${size}&sha256=${sha256}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/octet-stream",
        "upload-offset": String(offset),
      },
      body: typeof body === "string" ? body : new Uint8Array(body),
    });

  test("the whole way: progress, repeated calls send nothing, the artifact is accepted", async () => {
    const progress: number[] = [];
    const upload = { ...uploadOf("u", bytes), file, onProgress: (it: number) => void progress.push(it) };
    await client.uploadArtifact(upload);
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(bytes.length);
    progress.length = 0;
    await client.uploadArtifact(upload);
    expect(progress).toEqual([bytes.length]);
    expect(await accept()).toHaveProperty("accepted");
    await client.uploadArtifact(upload);
    expect(await accept()).toHaveProperty("accepted");
  });

  test("a broken connection: it goes on where it stopped", async () => {
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1");
    const head = [
      `PATCH /api/uploads/u?size=${bytes.length}&sha256=${sha256Of(bytes)} HTTP/1.1`,
      "Host: x",
      `Authorization: Bearer ${TOKEN}`,
      "Content-Type: application/octet-stream",
      "Upload-Offset: 0",
      `Content-Length: ${bytes.length}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    socket.write(bytes.subarray(0, 1_000_000));
    const upload = uploadOf("u", bytes);
    await expect.poll(async () => (await store.uploadState(upload)).offset).toBe(1_000_000);
    socket.destroy();
    const progress: number[] = [];
    await client.uploadArtifact({ ...upload, file, onProgress: (it) => void progress.push(it) });
    expect(progress[0]).toBe(1_000_000);
    expect(await accept()).toHaveProperty("accepted.sha256", upload.sha256);
  });

  test("HEAD tells the offset; a wrong offset is refused with the right one", async () => {
    await patch(0, bytes.subarray(0, 10));
    const half = await fetch(`${url}/api/uploads/u?size=${bytes.length}&sha256=${sha256Of(bytes)}`, {
      method: "HEAD",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(half.headers.get("upload-offset")).toBe("0");
    const wrong = await patch(7, bytes.subarray(7));
    expect(wrong.status).toBe(409);
    expect(await wrong.json()).toMatchObject({
      offset: 0,
      error: expect.stringContaining("offset 7 given, it is at 0"),
    });
  });

  test.each<[string, () => Promise<Response>, RegExp]>([
    ["too short", () => patch(0, bytes.subarray(0, -1)), /it ended after \d+ of \d+ bytes/],
    ["too long", () => patch(0, Buffer.concat([bytes, Buffer.from("x")])), /are more than the \d+ announced/],
    ["changed on its way", () => patch(0, Buffer.alloc(bytes.length, "x")), /SHA-256 is [0-9a-f]+, announced was/],
    ["without an offset", () => patch(Number.NaN, bytes), /upload-offset/],
    ["announced with a bad digest", () => patch(0, bytes, { sha256: "xyz" }), /not a SHA-256/],
  ])("%s: a clear refusal, nothing that could be accepted is kept", async (_what, send, reason) => {
    const answer = await send();
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual(expect.objectContaining({ error: expect.stringMatching(reason) }));
    expect(await readdir(join(store.dir, "uploads"))).toEqual([]);
    await expect(accept()).rejects.toThrow(/is not finished/);
  });

  test("too long without an announced length: ended at the first byte too many", async () => {
    const endless = new ReadableStream({ pull: (it) => it.enqueue(new Uint8Array(100_000)) });
    const init: RequestInit & { duplex: "half" } = {
      method: "PATCH",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/octet-stream", "upload-offset": "0" },
      body: endless,
      duplex: "half",
    };
    const answer = await fetch(`${url}/api/uploads/u?size=${bytes.length}&sha256=${sha256Of(bytes)}`, init);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: expect.stringContaining("more than the") });
    expect(await readdir(join(store.dir, "uploads"))).toEqual([]);
  });

  test("a file that shrank at the drone: an error, nothing is kept", async () => {
    await writeFile(file, bytes.subarray(0, 5000));
    await expect(client.uploadArtifact({ ...uploadOf("u", bytes), file })).rejects.toMatchObject({ status: 400 });
    await writeFile(file, bytes);
    await client.uploadArtifact({ ...uploadOf("u", bytes), file });
    expect(await accept()).toHaveProperty("accepted");
  });

  test("cancelled half way: the error is the cancellation, the next try ends it", async () => {
    const cancel = new AbortController();
    const reason = new Error("the build was cancelled");
    const upload = { ...uploadOf("u", bytes), file };
    const onProgress = (it: number) => {
      if (it > 100_000) cancel.abort(reason);
    };
    await expect(client.uploadArtifact({ ...upload, signal: cancel.signal, onProgress })).rejects.toBe(reason);
    await client.uploadArtifact(upload);
    expect(await accept()).toHaveProperty("accepted");
  });

  test("two tries of one upload at once end well", async () => {
    const upload = { ...uploadOf("u", bytes), file };
    const ends = await Promise.allSettled([client.uploadArtifact(upload), client.uploadArtifact(upload)]);
    expect(ends.some((it) => it.status === "fulfilled")).toBe(true);
    await client.uploadArtifact(upload);
    expect(await accept()).toHaveProperty("accepted");
  });
});
