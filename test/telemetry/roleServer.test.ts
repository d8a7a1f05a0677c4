import { createServer, type Server } from "node:net";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { RoleHealth } from "../../model/health.ts";
import { freePort, isPortFree } from "../../system/ports.ts";
import { type RoleServer, serveRole } from "../../workers/roleServer.ts";

const HEALTH: RoleHealth = { name: "izar", role: "drone", ready: false, version: "1.2.3", uptime: 7 };
let lines: string[];

beforeEach(() => {
  lines = [];
});

async function serve(listen: string, port: number, health: RoleHealth = HEALTH): Promise<RoleServer | null> {
  const answers = { health: () => health, metrics: async () => "up 1\n" };
  const server = await serveRole({ listen, port, roles: [] }, answers, (line) => lines.push(line));
  if (server) onTestFinished(() => server.close());
  return server;
}

async function occupy(port: number): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
}

/** The first of two ports that are free, one after the other. */
async function twoPorts(): Promise<number> {
  for (;;) {
    const port = await freePort("127.0.0.1");
    if (await isPortFree("127.0.0.1", port + 1)) return port;
  }
}

test("metrics and health, each role of a machine at the first free port", async () => {
  const port = await twoPorts();
  await occupy(port);
  const server = await serve("127.0.0.1", port);
  const url = `http://127.0.0.1:${port + 1}`;
  expect(server?.url).toBe(url);
  expect(lines).toEqual([`metrics and health: ${url}/metrics, ${url}/healthz`]);

  const metrics = await fetch(`${url}/metrics`);
  expect([metrics.status, metrics.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  expect(await metrics.text()).toBe("up 1\n");
  const starting = await fetch(`${url}/healthz?x=1`);
  expect([starting.status, await starting.json()]).toEqual([503, HEALTH]);
});

test("a role that does its work is healthy; other addresses and methods are refused in words", async () => {
  const server = await serve("127.0.0.1", await freePort("127.0.0.1"), { ...HEALTH, ready: true });
  if (!server) throw new Error(lines.join());
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  const head = await fetch(`${server.url}/metrics`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  for (const [path, method, status] of [
    ["/", "GET", 404],
    ["/metrics/../secret", "GET", 404],
    ["/metrics", "POST", 405],
    ["/healthz", "DELETE", 405],
  ] as const) {
    const body = method === "POST" ? "x".repeat(1_000_000) : null;
    const refused = await fetch(`${server.url}${path}`, { method, body });
    expect([refused.status, await refused.json()], `${method} ${path}`).toEqual([
      status,
      { error: expect.any(String), hint: "GET /metrics or GET /healthz" },
    ]);
  }
});

test("no free port up to the last one: the role works without, and says so", async () => {
  await occupy(65_535);
  expect(await serve("127.0.0.1", 65_535)).toBeNull();
  expect(lines).toEqual([
    "no metrics: every port from 65535 to 65535 on 127.0.0.1 is in use. Set [metrics] port to a free range",
  ]);
});

test("an address that this machine does not have", async () => {
  expect(await serve("192.0.2.1", 9464)).toBeNull();
  expect(lines).toEqual([expect.stringMatching(/^no metrics: cannot listen on 192\.0\.2\.1:9464: .*EADDRNOTAVAIL/)]);
});
