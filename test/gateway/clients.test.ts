import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import type { Limits } from "../../gateway/limits.ts";
import { newToken } from "../../gateway/tokens.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { RawClient } from "./rawClient.ts";
import { gatewayOf, putTarget, type TestGateway } from "./support.ts";

let swarm: NoopSwarm;
beforeAll(async () => {
  swarm = await noopSwarm({});
});
afterAll(async () => {
  await swarm?.stop();
});

const LOG = "/api/v1/logs/run-1/cat/pkg-1/1";

/** A gateway whose binhost has a log that still grows. */
async function gatewayWithLog(bytes: Buffer, limits: Partial<Limits> = {}): Promise<TestGateway> {
  const gateway = await gatewayOf(swarm, "", { checkReadersMs: 25, ...limits });
  const { logs } = gateway.access.store;
  const key = { run: "run-1", cpv: "cat/pkg-1", attempt: 1 };
  for (let offset = 0; offset < bytes.length; offset += 1024 * 1024) {
    await logs.append(key, { begun: 1, offset }, bytes.subarray(offset, offset + 1024 * 1024));
  }
  return gateway;
}

function bearer({ tokens }: TestGateway): Record<string, string> {
  return { authorization: `Bearer ${tokens.viewer}` };
}

describe("a request that does not come to its end", () => {
  const limits = { headWithinMs: 400, requestWithinMs: 800, checkConnectionsMs: 50 };

  test("half a head, and nothing more", async () => {
    await using gateway = await gatewayOf(swarm, "", { ...limits, requestWithinMs: 30_000 });
    using client = (await RawClient.open(gateway.url)).take().send("GET /status HTTP/1.1\r\nhost: x\r\nauthor");
    expect((await gateway.ask("/status")).status).toBe(200);
    const begun = Date.now();
    await until("it is ended", async () => client.isOver);
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(client.text).toMatch(/^HTTP\/1.1 408 /);
  });

  test("a body byte by byte", async () => {
    await using gateway = await gatewayOf(swarm, "", limits);
    using client = (await RawClient.open(gateway.url)).take();
    const head = ["POST /api/v1/runs HTTP/1.1", "host: x", `authorization: Bearer ${gateway.tokens.operator}`];
    client.send([...head, "content-type: application/json", "content-length: 1000", "", ""].join("\r\n"));
    const dripping = setInterval(() => client.send(" "), 50);
    const begun = Date.now();
    await until("it is ended", async () => client.isOver);
    clearInterval(dripping);
    expect(Date.now() - begun).toBeGreaterThan(600);
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(client.text).toMatch(/^HTTP\/1.1 408 /);
    expect((await gateway.ask("/api/v1/runs")).body).toEqual([]);
  });
});

describe("live streams", () => {
  test("who comes back with all others at once finds no more places than there are, and those of the gone are free again", async () => {
    await using gateway = await gatewayOf(swarm, "", { streams: 4, streamsEach: 3 });
    const open = async (as: "viewer" | "operator"): Promise<RawClient> => {
      const authorization = `Bearer ${gateway.tokens[as]}`;
      return (await RawClient.open(gateway.url)).take().get("/api/v1/live", { authorization });
    };
    const status = (client: RawClient): string => client.text.slice(9, 12);
    const all = await Promise.all(
      (["viewer", "viewer", "viewer", "viewer", "operator", "operator"] as const).map(open),
    );
    await until("all are answered", async () => all.every((client) => status(client) !== ""));
    expect(all.slice(0, 4).map(status).sort()).toEqual(["200", "200", "200", "429"]);
    expect(all.slice(4).map(status).sort()).toEqual(["200", "503"]);
    for (const client of all) client[Symbol.dispose]();
    await until("places are free", async () => {
      using client = await open("viewer");
      await until("it is answered", async () => status(client) !== "");
      return status(client) === "200";
    });
  });
});

describe("a log that is followed", () => {
  // What JSON makes six times as long, and characters of three bytes, which no piece may cut in two.
  const bytes = Buffer.concat([Buffer.alloc(300_000, 1), Buffer.from("€".repeat(400_000))]);

  interface Chunk {
    offset: number;
    text: string;
  }

  function chunksOf(client: RawClient): Chunk[] {
    const text = Buffer.from(client.body, "latin1").toString();
    return [...text.matchAll(/^event: chunk\ndata: (.*)\n\n/gm)].map(([, data = ""]) => JSON.parse(data) as Chunk);
  }

  test("comes in small pieces, as its reader takes them, and whole", async () => {
    await using gateway = await gatewayWithLog(bytes, { stallMs: 500, idleMs: 700 });
    using client = (await RawClient.open(gateway.url)).get(`${LOG}/follow`, bearer(gateway)).take(20_000, 15);
    const whole = bytes.toString();
    await until(
      "all of it",
      async () => chunksOf(client).reduce((sum, { text }) => sum + text.length, 0) === whole.length,
      {
        ms: 20_000,
        every: 200,
      },
    );
    const chunks = chunksOf(client);
    expect(chunks.map(({ text }) => text).join("")).toBe(whole);
    expect(Math.max(...chunks.map(({ text }) => JSON.stringify(text).length))).toBeLessThan(64 * 1024);
    const offsets = chunks.map(({ offset }) => offset);
    expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
    expect(offsets[0]).toBe(0);
    await gateway.access.store.logs.append(
      { run: "run-1", cpv: "cat/pkg-1", attempt: 1 },
      { begun: 1, offset: bytes.length },
      Buffer.from("afterwards"),
    );
    client.take();
    await until("it hears on", async () => client.text.includes("afterwards"));
  });

  test("by one that takes nothing: he is dropped, and his place is free", async () => {
    const large = Buffer.alloc(8 * 1024 * 1024, 1);
    await using gateway = await gatewayWithLog(large, { stallMs: 500, followers: 1 });
    using stalled = (await RawClient.open(gateway.url)).get(`${LOG}/follow`, bearer(gateway));
    await until("no place is free", async () => (await followedBy(gateway, "operator")) === 503);
    await until("one is", async () => (await followedBy(gateway, "operator")) === 200);
    await until("its connection has ended", async () => stalled.take().isOver);
  });

  test("by too many: so many of one token, so many in all", async () => {
    await using gateway = await gatewayWithLog(Buffer.from("begun\n"), { followers: 3, followersEach: 2 });
    const open = async (as: "viewer" | "operator"): Promise<RawClient> => {
      const authorization = `Bearer ${gateway.tokens[as]}`;
      const client = (await RawClient.open(gateway.url)).get(`${LOG}/follow`, { authorization }).take();
      await until("it is answered", async () => client.text.includes("\r\n\r\n"));
      return client;
    };
    const followers = [await open("viewer"), await open("viewer")];
    expect(followers.every(({ text }) => text.startsWith("HTTP/1.1 200"))).toBe(true);
    using refused = await open("viewer");
    expect(refused.text).toMatch(/^HTTP\/1.1 429 /);
    expect(refused.text).toMatch(/^retry-after: \d+/im);
    followers.push(await open("operator"));
    using full = await open("operator");
    expect(full.text).toMatch(/^HTTP\/1.1 503 /);
    expect(full.text).toMatch(/^retry-after: \d+/im);
    followers[0]?.[Symbol.dispose]();
    await until("the place of one that has left is free", async () => (await followedBy(gateway, "viewer")) === 200);
    for (const each of followers) each[Symbol.dispose]();
  });

  /** What somebody is answered who wants to follow it, too, and leaves at once. */
  async function followedBy(gateway: TestGateway, as: "viewer" | "operator"): Promise<number> {
    const authorization = `Bearer ${gateway.tokens[as]}`;
    using client = (await RawClient.open(gateway.url)).get(`${LOG}/follow?offset=999999999`, { authorization }).take();
    await until("it is answered", async () => client.text.includes("\r\n\r\n"));
    return Number(client.text.slice(9, 12));
  }
});

describe("large answers", () => {
  const bytes = Buffer.alloc(12 * 1024 * 1024, "x");
  const pieces = Array.from({ length: 12 }, (_, i) => `${LOG}?offset=${i * 1024 * 1024}`);

  async function ask(gateway: TestGateway): Promise<RawClient> {
    const client = await RawClient.open(gateway.url);
    for (const piece of pieces) client.get(piece, bearer(gateway));
    return client;
  }

  test("of which nothing is taken count as streams do", async () => {
    await using gateway = await gatewayWithLog(bytes, { waiting: 2 * 1024 * 1024 });
    const stalled: RawClient[] = [];
    for (let i = 0; i < 6; i++) stalled.push(await ask(gateway));
    await until("some are dropped", async () => gateway.log.some((line) => line.includes("dropped")));
    expect((await gateway.ask(LOG)).status).toBe(200);
    for (const each of stalled) each[Symbol.dispose]();
  });

  test("that are taken little by little come whole", async () => {
    await using gateway = await gatewayWithLog(bytes, { stallMs: 1_500, idleMs: 500 });
    using slow = (await ask(gateway)).take(6_000, 15);
    using stalled = await ask(gateway);
    await sleep(4_500);
    expect(slow.isOver).toBe(false);
    await until("who takes nothing is dropped", async () => stalled.take().isOver);
    const taken = ({ text }: RawClient): number => text.match(/x{50}/g)?.length ?? 0;
    const whole = 12 * Math.floor((1024 * 1024) / 50);
    expect(taken(stalled)).toBeLessThan(whole);
    slow.take();
    await until("all of it", async () => taken(slow) === whole, { every: 200 });
  });
});

test("a connection that says nothing after a large answer, or a followed log, is ended like any other", async () => {
  await using gateway = await gatewayWithLog(Buffer.alloc(200_000, "x"), { idleMs: 400 });
  const { logs } = gateway.access.store;
  const key = { run: "run-1", cpv: "cat/pkg-1", attempt: 1 };
  await logs.complete(key, { begun: 1, size: 200_000, failed: null });
  for (const path of [LOG, `${LOG}/follow`]) {
    using client = (await RawClient.open(gateway.url)).get(path, bearer(gateway)).take();
    const begun = Date.now();
    await until("it is ended", async () => client.isOver);
    expect(client.text.match(/x{50}/g)?.length).toBeGreaterThan(3_900);
    expect(Date.now() - begun).toBeGreaterThan(300);
  }
});

test("pieces of logs have a limit of their own: a page that shows many leaves the rest to ask for", async () => {
  await using gateway = await gatewayWithLog(Buffer.from("begun\n"));
  for (let i = 0; i < 1_300; i += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.ask(LOG)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  }
  expect((await gateway.ask("/api/v1/runs")).status).toBe(200);
});

describe("behind a proxy", () => {
  /** What so many wrong tokens are answered that somebody sends through it. */
  async function wrongTokens(gateway: TestGateway, forwarded: string, count: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let i = 0; i < count; i++) {
      const { status } = await gateway.ask("/status", { as: newToken(), headers: { "x-forwarded-for": forwarded } });
      statuses.push(status);
    }
    return statuses;
  }

  test("that is trusted: each of its callers has limits of his own", async () => {
    await using gateway = await gatewayOf(swarm, 'trusted_proxies = ["fd00::/8", "::1", "127.0.0.0/8"]\n');
    expect((await wrongTokens(gateway, "198.51.100.1", 21)).at(-1)).toBe(429);
    expect(await wrongTokens(gateway, "198.51.100.2", 1)).toEqual([401]);
    // What a caller says of himself stands left of what the proxy says of him.
    expect(await wrongTokens(gateway, "203.0.113.7, 198.51.100.1", 1)).toEqual([429]);
  });

  test("that is not: nothing that it says counts", async () => {
    await using gateway = await gatewayOf(swarm, 'trusted_proxies = ["10.0.0.0/8"]\n');
    expect((await wrongTokens(gateway, "198.51.100.1", 21)).at(-1)).toBe(429);
    expect(await wrongTokens(gateway, "198.51.100.2", 1)).toEqual([429]);
    await using other = await gatewayOf(swarm);
    expect((await wrongTokens(other, "198.51.100.1", 21)).at(-1)).toBe(429);
    expect(await wrongTokens(other, "198.51.100.2", 1)).toEqual([429]);
  });

  test("of HTTP/1.0: streams are served without chunks", async () => {
    await using gateway = await gatewayWithLog(Buffer.from("begun\n"));
    using live = (await RawClient.open(gateway.url)).get("/api/v1/live", bearer(gateway), "1.0").take();
    await until("the state", async () =>
      /\r\n\r\nevent: state\ndata: \{.*\}\n\nid: .*\nevent: packages/.test(live.text),
    );
    using log = (await RawClient.open(gateway.url)).get(`${LOG}/follow`, bearer(gateway), "1.0").take();
    await until("the log", async () => /\r\n\r\nid: .*\nevent: chunk\ndata: \{.*begun.*\}\n\n/.test(log.text));
  });
});

test("whoever sends a hook's wrong signatures is refused before long, its rightful sender is not", async () => {
  const hook = '[[gateway.hook]]\nname = "overlay"\nsecret_file = "secret"\naction = "update"\ntarget = "desktop"\n';
  await using gateway = await gatewayOf(swarm, `${hook}ref = "refs/heads/main"\n`);
  await putTarget(gateway.access);
  const secret = "a secret of the overlay";
  await writeFile(join(gateway.access.directory, "secret"), secret, { mode: 0o600 });
  const body = JSON.stringify({ ref: "refs/heads/other" });
  const deliver = async (signature: string, from?: string): Promise<number> => {
    using client = (await RawClient.open(gateway.url, from)).take();
    const head = ["POST /api/v1/hooks/overlay HTTP/1.1", "host: x", `x-hub-signature-256: sha256=${signature}`];
    client.send([...head, "content-type: application/json", `content-length: ${body.length}`, "", body].join("\r\n"));
    await until("it is answered", async () => client.text.includes("\r\n\r\n"), { every: 5 });
    return Number(client.text.slice(9, 12));
  };
  const statuses: number[] = [];
  for (let i = 0; i < 65; i++) statuses.push(await deliver("0".repeat(64), "127.0.0.2"));
  expect(statuses).toEqual([...Array(20).fill(401), ...Array(45).fill(429)]);
  const right = createHmac("sha256", secret).update(body).digest("hex");
  expect(await deliver(right, "127.0.0.1")).toBe(202);
  // Others may send from his address, too: that of a forge.
  expect(await deliver(right, "127.0.0.2")).toBe(202);
  expect(await deliver("0".repeat(64), "127.0.0.1")).toBe(401);
});
