import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NoopSwarm } from "../../bench/noop/swarm.ts";
import { addToken, newToken } from "../../gateway/tokens.ts";
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

/** Every refusal says what was wrong, and nothing that only its makers can read. */
function expectKind(body: Record<string, unknown>): void {
  expect(Object.keys(body).filter((key) => key !== "hint")).toEqual(["error"]);
  expect(body.error).toMatch(/\w{3}/);
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:\d|at .*\(|Error:/);
}

/** What a server answers to these bytes, until it closes the connection. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect({ host: hostname, port: Number(port) });
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}

describe("who may do what", () => {
  const reads = ["/status", "/api/v1/state", "/api/v1/runs", "/api/v1/drones", "/metrics", "/api/v1/alerts"];

  test.each(reads)("%s needs a viewer's or an operator's token", async (path) => {
    for (const [as, status] of [
      [null, 401],
      ["drone", 403],
      [newToken(), 401],
    ] as const) {
      const answer = await gateway.ask(path, { as });
      expect(answer.status).toBe(status);
      expectKind(answer.body);
    }
    expect((await gateway.ask(path, { as: "viewer" })).status).toBe(200);
    expect((await gateway.ask(path, { as: "operator" })).status).toBe(200);
  });

  test.each([
    ["/build", { packages: ["a/b"] }],
    ["/api/v1/runs", {}],
    ["/api/v1/runs/desktop/finalize", {}],
    ["/api/v1/runs/desktop/cancel", {}],
    ["/api/v1/drones/izar/forget", {}],
    ["/api/v1/snapshots/desktop/rollback", { id: "x" }],
  ])("%s needs an operator's", async (path, body) => {
    for (const [as, status] of [
      [null, 401],
      ["drone", 403],
      ["viewer", 403],
    ] as const) {
      const answer = await gateway.ask(path, { as, body });
      expect(answer.status).toBe(status);
      expectKind(answer.body);
    }
  });

  test("a token that has expired says so", async () => {
    await using own = await gatewayOf(swarm);
    const token = newToken();
    const { tokens } = own.gateway.services.config.gateway;
    await addToken(tokens, { name: "late", role: "viewer", expiresAt: Date.now() - 1 }, token);
    const { status, body } = await own.ask("/status", { as: token });
    expect([status, body.error]).toEqual([401, "this token has expired"]);
  });

  test.each([
    ["another kind", "Basic YWRtaW46YWRtaW4="],
    ["no token", "Bearer"],
    ["two", "Bearer a b"],
    ["a long one", `Bearer ${"x".repeat(300)}`],
  ])("an authorization that is none: %s", async (_, authorization) => {
    const { status, headers } = await gateway.ask("/status", { as: null, headers: { authorization } });
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toContain("Bearer");
  });

  test("a drone's token shows where services are", async () => {
    expect((await gateway.ask("/swarm", { as: "drone" })).status).toBe(200);
    expect((await gateway.ask("/swarm", { as: null })).status).toBe(401);
  });
});

describe("what is not well formed", () => {
  test.each([
    ["half JSON", "{ half", 400],
    ["nothing", "", 400],
    ["a path for a name", '{"target":"../x"}', 400],
    ["a key that is none", '{"target":"desktop","atmos":[]}', 400],
    ["1 MiB and more", JSON.stringify({ target: "x".repeat(1024 * 1024) }), 413],
    ["a list", "[]", 400],
    ["an option for an atom", '{"atoms":["--version"]}', 400],
    ["a prototype", '{"__proto__":{"role":"operator"}}', 400],
    ["XML", "<xml/>", 415],
  ])("a body with %s", async (what, body, status) => {
    const type = what === "XML" ? "application/xml" : "application/json";
    const answer = await gateway.ask("/api/v1/runs", { method: "POST", body, headers: { "content-type": type } });
    expect(answer.status).toBe(status);
    expectKind(answer.body);
  });

  test.each([
    "/api/v1/runs/%2e%2e%2fetc",
    "/api/v1/runs/desktop/packages/..%2f..%2fetc/passwd",
    "/api/v1/runs/desktop/packages/cat/..",
    "/api/v1/runs/desktop/packages/cat/a%00b",
    "/api/v1/runs/desktop/packages/cat/a%0d%0aset-cookie:x",
    "/api/v1/runs/desktop/why?package=..%2fx",
    "/api/v1/runs/desktop/why?package=a%1bb",
    "/api/v1/runs/desktop/packages?limit=-1",
    "/api/v1/runs/desktop/packages?sort=__proto__",
    "/api/v1/runs/desktop/events?limit=1e9",
    "/api/v1/logs/run-1/cat/%2e%2e/1",
    "/api/v1/logs/run-1/cat/pkg-1/0",
    "/api/v1/logs/run-1/cat/pkg-1/1?offset=-5",
    "/api/v1/snapshots/desktop/..%2fx",
    "/api/v1/state?target=a&target=b",
    "/api/v1/state?target=%00",
    "/api/v1/runs/desktop/graph",
    "/api/v1/runs/desktop/graph?around=a/../b&depth=9",
  ])("%s: 400 or 404, kindly", async (path) => {
    const answer = await gateway.ask(path);
    expect([400, 404]).toContain(answer.status);
    expectKind(answer.body);
  });

  test.each([
    "/binhost/../../etc/passwd",
    "/binhost/a/%2e%2e/b",
    "/binhost/a%0d%0ax/b",
    "/binhost/a//b",
    "/binhost/%00",
  ])("%s redirects nowhere", async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).not.toMatch(/^location:/im);
  });

  test("an address that there is not, with a token and without", async () => {
    for (const path of ["/api/v1/nothing", "/api", "/nothing", "/api/v2/state", `/${"x".repeat(5000)}`, "/%zz"]) {
      const answer = await gateway.ask(path, { as: null });
      expect([400, 404, 414]).toContain(answer.status);
      expectKind(answer.body);
    }
  });

  test.each([
    ["DELETE", "/api/v1/state", "GET, HEAD"],
    ["GET", "/api/v1/runs/desktop/pause", "POST"],
    ["PUT", "/status", "GET, HEAD"],
    ["POST", "/", "GET, HEAD"],
  ])("%s %s: 405, with what is allowed", async (method, path, allowed) => {
    const answer = await gateway.ask(path, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allowed]);
    expectKind(answer.body);
  });

  test("what is no HTTP gets an answer, too, and the connection ends", async () => {
    for (const bytes of [
      "\x16\x03\x01 hello\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      `GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`,
    ]) {
      const answer = await raw(bytes);
      expect(answer).toMatch(/^HTTP\/1.1 (400|431|505) /);
      expectKind(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)));
    }
  });
});

test("HEAD says what GET would, without a body", async () => {
  for (const path of ["/status", "/api/v1/state", "/binhost", "/healthz", "/api/v1/live"]) {
    const { status, body } = await gateway.ask(path, { method: "HEAD" });
    expect([path, status, body]).toEqual([path, 200, ""]);
  }
});

test("every answer tells browsers to keep to it", async () => {
  for (const path of ["/", "/status", "/api/v1/nothing", "/docs/"]) {
    const { headers } = await gateway.ask(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'|default-src 'self'/);
    expect(headers.get("content-security-policy")).not.toMatch(/unsafe-(inline|eval)/);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("set-cookie")).toBeNull();
  }
});

test("clients of packages are sent to the binhost, whatever they ask for below a target", async () => {
  const { url } = gateway.gateway.services.config.binhost;
  const answer = await gateway.ask("/binhost/desktop/dev-libs/openssl/openssl-3.0.2-1.gpkg.tar", { as: null });
  expect(answer.status).toBe(307);
  expect(answer.headers.get("location")).toBe(`${url}/main/desktop/dev-libs/openssl/openssl-3.0.2-1.gpkg.tar`);
  expect((await gateway.ask("/binhost", { as: null })).body).toMatchObject({ name: "main", url });
});

test("many wrong tokens from one address are refused for a minute, right ones are not", async () => {
  await using own = await gatewayOf(swarm);
  const statuses: number[] = [];
  for (let i = 0; i < 30; i++) statuses.push((await own.ask("/status", { as: newToken() })).status);
  expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
  expect(statuses.at(-1)).toBe(429);
  const refused = await own.ask("/status", { as: newToken() });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expectKind(refused.body);
  expect((await own.ask("/status", { as: "viewer" })).status).toBe(200);
});

test("anonymous reading where it is configured: everything but acting", async () => {
  await using own = await gatewayOf(swarm, "anonymous = true\n");
  expect((await own.ask("/api/v1/state", { as: null })).body).toMatchObject({ role: null });
  expect((await own.ask("/api/v1/runs", { as: null, body: {} })).status).toBe(401);
  expect((await own.ask("/status", { as: newToken() })).status).toBe(401);
});
