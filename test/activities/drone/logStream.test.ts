import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { keepFor } from "../../../activities/drone/logKeep.ts";
import { LogStreams } from "../../../activities/drone/logStream.ts";
import { BinhostClient } from "../../../store/client.ts";
import { createBinhostServer } from "../../../store/server.ts";
import { openStore } from "../../../store/store.ts";

const MIB = 2 ** 20;
const KEY = { run: "desktop-20261121-0101", cpv: "dev-libs/a-1.0", attempt: 1 };
const BEGUN = 1_763_000_000_000;
const soon = { timeout: 20_000, interval: 20 };

let directory: string;
let file: string;
let sent: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-stream-"));
  file = join(directory, "a-1.0.1.log");
  sent = 0;
});
afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));

/** A binhost that keeps 4 MiB of each log, at a port that stays its own. */
async function binhost(
  port = 0,
): Promise<{ server: FastifyInstance; port: number; client: BinhostClient; end(): Promise<void> }> {
  const store = await openStore(join(directory, "binhost"), { name: "main", logLimitBytes: 4 * MIB });
  const server = createBinhostServer(store, { token: "t", name: "main" });
  server.addHook("onRequest", async ({ method, headers }) => {
    if (method === "PATCH") sent += Number(headers["content-length"]);
  });
  const url = await server.listen({ host: "127.0.0.1", port });
  const end = async (): Promise<void> => {
    server.server.closeAllConnections();
    await server.close();
  };
  onTestFinished(end);
  return { server, port: Number(new URL(url).port), client: new BinhostClient(url, "t"), end };
}

function streams(
  client: BinhostClient,
  stop?: AbortSignal,
  keep = keepFor(4 * MIB),
): { streams: LogStreams; logged: string[] } {
  const logged: string[] = [];
  return { streams: new LogStreams(client.logs, { log: (message) => logged.push(message), keep, stop }), logged };
}

async function whole(client: BinhostClient): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const { bytes } of client.logs.pieces(KEY)) pieces.push(bytes);
  return Buffer.concat(pieces);
}

const text = async (client: BinhostClient): Promise<string> => (await whole(client)).toString();
const isComplete = (client: BinhostClient) =>
  vi.waitFor(async () => expect(await client.logs.state(KEY)).toMatchObject({ complete: true }), soon);

test("what is written is at the binhost within a second, then the end; nothing is left to do for the next life", async () => {
  const { client } = await binhost();
  const { streams: it, logged } = streams(client);
  await writeFile(file, "one\n");
  it.follow(file, { key: KEY, begun: BEGUN });
  await vi.waitFor(async () => expect(await text(client)).toBe("one\n"), soon);
  const delays: number[] = [];
  for (let line = 0; line < 5; line++) {
    await sleep(130 * line);
    await appendFile(file, `line ${line}\n`);
    const written = performance.now();
    await vi.waitFor(async () => expect(await text(client)).toContain(`line ${line}\n`), soon);
    delays.push(performance.now() - written);
  }
  // 1 s is what is promised; another one for a machine that is busy with other tests.
  expect(Math.max(...delays)).toBeLessThan(2000);
  await appendFile(file, "last words without an end of line");
  it.end(file, { phase: "compile" });
  await isComplete(client);
  expect(await text(client)).toMatch(/^one\nline 0\n[\s\S]*line 4\nlast words without an end of line$/);
  expect((await client.logs.list(KEY.run))[0]?.failed).toEqual({ phase: "compile" });
  await vi.waitFor(() => expect(existsSync(`${file}.stream.json`)).toBe(false), soon);
  expect(logged).toEqual([]);
});

describe("a binhost that is away", () => {
  test("gets everything when it is back", async () => {
    const { client, port, end } = await binhost();
    const { streams: it } = streams(client);
    await writeFile(file, "before\n");
    it.follow(file, { key: KEY, begun: BEGUN });
    await vi.waitFor(async () => expect(await text(client)).toBe("before\n"), soon);
    await end();
    await appendFile(file, "while it was away\n");
    await sleep(1500);
    await appendFile(file, "and more\n");
    it.end(file);
    const back = await binhost(port);
    await isComplete(back.client);
    expect(await text(back.client)).toBe("before\nwhile it was away\nand more\n");
  });

  test("gets the end of a log from the drone's next life", async () => {
    const gone = await binhost();
    const { streams: first } = streams(gone.client);
    await gone.end();
    await writeFile(file, "all of it\n");
    first.follow(file, { key: KEY, begun: BEGUN });
    first.end(file, { errorLine: "a.c:1: error: x" });
    const noted = () => readFile(`${file}.stream.json`, "utf8");
    await vi.waitFor(async () => expect(await noted()).toContain("a.c:1: error: x"), soon);
    const { client } = await binhost();
    const { streams: next } = streams(client);
    await next.resume(directory, () => false);
    await isComplete(client);
    expect(await text(client)).toBe("all of it\n");
    expect((await client.logs.list(KEY.run))[0]?.failed).toEqual({ errorLine: "a.c:1: error: x" });
  });

  test("says once why it does not take a log, which is tried again, and again where that changes", async () => {
    let status = 401;
    let asked = 0;
    const refusing = createHttpServer((_, answer) => {
      asked++;
      answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error: `no: ${status}` }));
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void refusing.close());
    await once(refusing, "listening");
    const { port } = refusing.address() as AddressInfo;
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const { streams: it, logged } = streams(new BinhostClient(`http://127.0.0.1:${port}`, "t"), stop.signal);
    await writeFile(file, "one\n");
    it.follow(file, { key: KEY, begun: BEGUN });
    await vi.waitFor(() => expect(asked).toBeGreaterThan(1), soon);
    expect(logged).toEqual(["log of dev-libs/a-1.0: no: 401"]);
    status = 503;
    await vi.waitFor(() => expect(logged).toHaveLength(2), soon);
    expect(logged[1]).toBe("log of dev-libs/a-1.0: no: 503");
  });

  test("holds nothing up, however long it does not answer", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once("listening", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { streams: it } = streams(new BinhostClient(`http://127.0.0.1:${port}`, "t"));
    await writeFile(file, "x".repeat(MIB));
    const began = performance.now();
    it.follow(file, { key: KEY, begun: BEGUN });
    it.end(file);
    expect(performance.now() - began).toBeLessThan(100);
  });

  test("of an earlier version, without logs, is told once and left alone", async () => {
    const { default: fastify } = await import("fastify");
    const old = fastify();
    const url = await old.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => old.close());
    const { streams: it, logged } = streams(new BinhostClient(url, "t"));
    await writeFile(file, "x");
    it.follow(file, { key: KEY, begun: BEGUN });
    await vi.waitFor(() => expect(logged).toEqual([expect.stringContaining("log of dev-libs/a-1.0:")]), soon);
    await vi.waitFor(() => expect(existsSync(`${file}.stream.json`)).toBe(false), soon);
  });
});

describe("a drone's next life", () => {
  test("goes on where the binhost is, with a log that still grows", async () => {
    const { client } = await binhost();
    await client.logs.append(KEY, { begun: BEGUN, offset: 0, bytes: Buffer.from("first ") });
    await writeFile(file, "first life, ");
    await writeFile(`${file}.stream.json`, JSON.stringify({ key: KEY, begun: BEGUN, ended: null }));
    const { streams: it } = streams(client);
    await it.resume(directory, () => true);
    await vi.waitFor(async () => expect(await text(client)).toBe("first life, "), soon);
    await appendFile(file, "second life");
    it.end(file);
    await isComplete(client);
    expect(await text(client)).toBe("first life, second life");
    expect(sent).toBe("first life, second life".length);
  });

  test("goes on with what it left when it was told to end", async () => {
    const { client } = await binhost();
    const stop = new AbortController();
    const { streams: first, logged } = streams(client, stop.signal);
    await writeFile(file, "first life, ");
    first.follow(file, { key: KEY, begun: BEGUN });
    await vi.waitFor(async () => expect(await text(client)).toBe("first life, "), soon);
    stop.abort();
    await appendFile(file, "second life");
    first.end(file);
    await sleep(1000);
    expect(await text(client)).toBe("first life, ");
    expect(existsSync(`${file}.stream.json`)).toBe(true);
    await streams(client).streams.resume(directory, () => false);
    await isComplete(client);
    expect(await text(client)).toBe("first life, second life");
    expect(logged).toEqual([]);
  });

  test("begins the log anew where the build was", async () => {
    const { client } = await binhost();
    const { streams: it } = streams(client);
    await writeFile(file, "a long log of the first build\n");
    it.follow(file, { key: KEY, begun: BEGUN });
    await vi.waitFor(async () => expect((await client.logs.state(KEY)).end).toBe(30), soon);
    await truncate(file, 0);
    await appendFile(file, "the second build\n");
    it.follow(file, { key: KEY, begun: BEGUN + 1 });
    it.end(file);
    await isComplete(client);
    expect(await text(client)).toBe("the second build\n");
  });

  test("passes over notes that say nothing, and logs that were removed", async () => {
    const { client } = await binhost();
    await writeFile(`${file}.stream.json`, "{");
    await writeFile(join(directory, "b-1.1.log.stream.json"), JSON.stringify({ key: KEY, begun: 1, ended: null }));
    const { streams: it } = streams(client);
    await it.resume(directory, () => false);
    await vi.waitFor(() => expect(existsSync(join(directory, "b-1.1.log.stream.json"))).toBe(false), soon);
  });
});

describe("a log of 1 GB", () => {
  test("brings its beginning and its end with little traffic and memory", async () => {
    const { client } = await binhost();
    const { streams: it } = streams(client);
    const size = 2 ** 30;
    await writeFile(file, "the beginning\n");
    await truncate(file, size - 8);
    await appendFile(file, "the end\n");
    const before = process.memoryUsage().rss;
    it.follow(file, { key: KEY, begun: BEGUN });
    it.end(file);
    await isComplete(client);
    expect(sent).toBeLessThan(5 * MIB);
    // Of client and binhost together.
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * MIB);
    const log = await whole(client);
    expect(log.length).toBeLessThan(5 * MIB);
    expect(log.subarray(0, 14).toString()).toBe("the beginning\n");
    expect(log.subarray(-8).toString()).toBe("the end\n");
    expect(log.toString("latin1")).toMatch(/\[build-swarm: 1,069,547,520 bytes are left out here/);
  });

  test("while it is written as fast as the disk allows: bounded traffic, and its end is whole", async () => {
    const { client } = await binhost();
    const { streams: it } = streams(client);
    await writeFile(file, "");
    it.follow(file, { key: KEY, begun: BEGUN });
    const handle = await open(file, "a");
    const began = Date.now();
    const block = Buffer.alloc(4 * MIB, `${"noise".repeat(20)}\n`);
    let written = 0;
    while (Date.now() - began < 4000 && written < 2 ** 30) {
      await handle.write(block);
      written += block.length;
      await sleep(20);
    }
    await handle.write("the end\n");
    await handle.close();
    it.end(file);
    await isComplete(client);
    const seconds = (Date.now() - began) / 1000;
    // Its beginning and its end, and some 2 MiB each second between.
    expect(sent).toBeLessThan((4 + 1 + 2 * seconds) * MIB);
    expect(written).toBeGreaterThan(100 * MIB);
    const state = await client.logs.state(KEY);
    expect(state.end).toBe(written + 8);
    expect(state.end - (state.cut?.to ?? 0)).toBeGreaterThan(1.5 * MIB);
    expect((await whole(client)).subarray(-8).toString()).toBe("the end\n");
  });
});
