import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { NoopSwarm } from "../../bench/noop/swarm.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf, type TestGateway } from "./support.ts";

let swarm: NoopSwarm;
let gateway: TestGateway;
beforeAll(async () => {
  swarm = await noopSwarm({});
  gateway = await gatewayOf(swarm);
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await swarm?.stop();
});
afterEach(async () => {
  // Whatever came: it goes on, and calls nothing a defect of its own.
  expect((await gateway.ask("/status")).status).toBe(200);
  expect(gateway.log.filter((line) => line.includes("\n    at "))).toEqual([]);
});

interface RawAnswer {
  status: number;
  type: string;
  body: Record<string, unknown>;
}

/** What is answered to these bytes, answer by answer, until the connection ends. */
async function raw(...parts: (string | Uint8Array)[]): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "connect");
  for (const part of parts) socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
  await closed;
  return answersOf(Buffer.concat(chunks).toString("latin1"));
}

function answersOf(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ""; ) {
    const head = rest.slice(0, rest.indexOf("\r\n\r\n"));
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    const type = /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? "";
    const body = rest.slice(head.length + 4, head.length + 4 + length);
    answers.push({ status, type, body: JSON.parse(body) });
    rest = rest.slice(head.length + 4 + length);
  }
  return answers;
}

/** It says what was wrong, as JSON, and nothing that only its makers can read. */
function expectKind(answer: RawAnswer | undefined, statuses: readonly number[]): void {
  expect(statuses).toContain(answer?.status);
  expect(answer?.type).toContain("application/json");
  expect(answer?.body.error).toMatch(/\w{3}/);
  expect(Object.keys(answer?.body ?? {}).filter((key) => key !== "hint")).toEqual(["error"]);
  expect(JSON.stringify(answer?.body)).not.toMatch(/node_modules|\.ts:\d|at .*\(|Error:/);
}

function post(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  path = "/api/v1/runs",
): (string | Uint8Array)[] {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const all = {
    host: "x",
    authorization: `Bearer ${gateway.tokens.operator}`,
    "content-type": "application/json",
    "content-length": String(bytes.length),
    connection: "close",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return [`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, bytes];
}

describe("a body", () => {
  const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000);
  test.each([
    ["100,000 lists in each other", deep("[", "]"), [400]],
    ["100,000 lists that do not end", "[".repeat(100_000), [400]],
    ["100,000 objects in each other", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, [400]],
    ["lists in each other where names are meant", `{"atoms":${deep("[", "]")}}`, [400]],
    ["50,000 keys", JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, i]))), [400]],
    ["100,000 atoms", JSON.stringify({ atoms: Array(100_000).fill("a/b") }), [400]],
    ["2 MB", JSON.stringify({ target: "x".repeat(2_000_000) }), [413]],
    ["UTF-16", Buffer.from('\ufeff{"target":"desktop"}', "utf16le"), [400]],
    [
      "invalid UTF-8",
      Buffer.from([...Buffer.from('{"target":"'), 0xff, 0xfe, 0xc0, 0x80, ...Buffer.from('"}')]),
      [400],
    ],
    ["NUL bytes", Buffer.alloc(1_000), [400]],
    ["a NUL in a name", '{"target":"a\\u0000b"}', [400]],
    ["half a character of two", '{"target":"\\ud800"}', [400]],
    ["escape sequences", '{"target":"\\u001b[2J"}', [400]],
    ["the number that is none", '{"target":NaN}', [400]],
    ["a number of 100,000 digits", `{"target":${"9".repeat(100_000)}}`, [400]],
    ["the same key twice, the second one wrong", '{"target":"desktop","target":{}}', [400]],
    ["a constructor", '{"constructor":{"prototype":{"role":"operator"}}}', [400]],
    ["null", "null", [400]],
    ["a text", '"desktop"', [400]],
    ["comments", '{/* x */"target":"desktop"}', [400]],
  ])("%s", async (_, body, statuses) => {
    const answers = await raw(...post(body));
    expect(answers).toHaveLength(1);
    expectKind(answers[0], statuses);
  });

  test.each([
    ["text/plain", [415]],
    ["application/x-www-form-urlencoded", [415]],
    ["multipart/form-data; boundary=x", [415]],
    ["application/json5", [415]],
    ["nonsense", [415, 400]],
    ["application/json; charset=utf-16", [400, 415]],
    ["", [415, 400]],
  ])("of type %s", async (type, statuses) => {
    expectKind((await raw(...post('{"target":"../x"}', { "content-type": type })))[0], statuses);
  });

  test("compressed, which is not taken", async () => {
    expectKind((await raw(...post(Buffer.from([0x1f, 0x8b, 8, 0]), { "content-encoding": "gzip" })))[0], [400, 415]);
  });

  test("another length than was announced, or two lengths", async () => {
    expectKind((await raw(...post("{}", { "content-length": "1" })))[0], [400]);
    expectKind((await raw(...post("{}", { "content-length": "-1" })))[0], [400]);
    expectKind((await raw(...post("{}", { "Content-Length": "3" })))[0], [400]);
    expectKind((await raw(...post("{}", { "transfer-encoding": "chunked" })))[0], [400]);
    expectKind(
      (await raw(...post("zz\r\n{}\r\n0\r\n\r\n", { "content-length": "", "transfer-encoding": "chunked" })))[0],
      [400],
    );
  });
});

describe("the head of a request", () => {
  const get = (path: string, ...headers: string[]): string =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.tokens.viewer}\r\n${headers.map((it) => `${it}\r\n`).join("")}connection: close\r\n\r\n`;

  test("100 KB of one header, and of many", async () => {
    expectKind((await raw(get("/status", `x: ${"y".repeat(100_000)}`)))[0], [431]);
    const many = Array.from({ length: 10_000 }, (_, i) => `x-${i}: y`);
    expectKind((await raw(get("/status", ...many)))[0], [431]);
  });

  test("10,000 parameters, and as many as go in", async () => {
    const of = (number: number): string => Array.from({ length: number }, (_, i) => `p${i}=1`).join("&");
    expectKind((await raw(get(`/api/v1/state?${of(10_000)}`)))[0], [400, 414, 431]);
    expectKind((await raw(get(`/api/v1/state?${"target=a&".repeat(1_500)}`)))[0], [400]);
    const [answer] = await raw(get(`/api/v1/runs?${of(1_500)}`));
    expect(answer?.status).toBe(200);
  });

  test.each([
    "/api/v1/runs/%2e%2e",
    "/api/v1/runs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/api/v1/logs/%2e%2e/%2e%2e/%2e%2e/1",
    "/api/v1/runs/%252e%252e",
    "/api/v1/runs/..%5c..%5c",
    "/api/v1/runs/%00",
    "/api/v1/runs/desktop%00",
    "/api/v1/runs/%ff%fe",
    "/api/v1/runs/%c0%ae%c0%ae",
    "/api/v1/runs/\xff",
    "/api/v1/runs/%1b%5b2J",
    "/api/v1/runs/%e2%80%ae",
    "/api/v1/history?package=%00",
    "/api/v1/history?target=%2e%2e%2f",
    "/api/v1/snapshots/desktop/diff?from=%00&to=%2e%2e",
    "/api/v1/state?target=%",
    "/assets/%2e%2e%2f%2e%2e%2fpackage.json",
    "/docs/static/%2e%2e%2f%2e%2e%2fpackage.json",
    "/..%2f..%2f..%2fetc/passwd",
    "//etc/passwd",
  ])("GET %s", async (path) => {
    expectKind((await raw(get(path)))[0], [400, 404]);
  });

  test.each(["TRACE", "QUERY", "PATCH", "OPTIONS"])("the method %s, which nothing here takes: 405", async (method) => {
    const headers = "host: x\r\ncontent-type: application/json\r\ncontent-length: 0\r\nconnection: close\r\n";
    for (const path of ["/status", "/api/v1/runs/desktop/pause"]) {
      expectKind((await raw(`${method} ${path} HTTP/1.1\r\n${headers}\r\n`))[0], [405]);
    }
  });

  test("garbage behind a request: it is told so, and the connection ends", async () => {
    const first = get("/status").replace("connection: close\r\n", "");
    for (const garbage of ["\x00\x01\x02\r\n\r\n", "GARBAGE\r\n\r\n", "GET /status HTTP/1.1\r\n no: header\r\n\r\n"]) {
      expectKind((await raw(first + garbage)).at(-1), [400]);
    }
  });

  test("a hundred requests at once are all answered, in order", async () => {
    const first = get("/healthz").replace("connection: close\r\n", "");
    const answers = await raw(first.repeat(99) + get("/api/v1/nothing"));
    expect(answers.map(({ status }) => status)).toEqual([...Array(99).fill(200), 404]);
  });

  test.each([
    ["no host", "GET /status HTTP/1.1\r\nconnection: close\r\n\r\n"],
    ["a method that there is not", "BREW /status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
    ["another server's address", "CONNECT example.invalid:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
    ["HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a line that is folded", "GET /status HTTP/1.1\r\nhost: x\r\n y\r\n\r\n"],
  ])("%s", async (_, bytes) => {
    const answers = await raw(bytes);
    for (const answer of answers) expectKind(answer, [400, 401, 404, 405, 505]);
  });
});
