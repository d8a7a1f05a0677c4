import { readdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { beforeEach, describe, expect, test } from "vitest";
import { BinhostClient } from "../../store/client.ts";
import type { PackageStore } from "../../store/store.ts";
import { servedStore, TOKEN } from "./served.ts";
import { bundleOf, clientView, sha256Of, stagePackage, TARGET, temporaryDirectory } from "./support.ts";

let store: PackageStore;
let bundle: string;
let server: FastifyInstance;
let url: string;
let client: BinhostClient;

beforeEach(async () => {
  ({ store, bundle, server, url, client } = await servedStore());
});

async function publish(run: string, createdAt: string): Promise<string> {
  return (await store.publish({ target: TARGET, run, tree: "t", bundle, createdAt })).id;
}

/** One request with exactly these bytes: no client library mends the path. */
function raw(request: string): Promise<string> {
  const { port } = server.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => resolve(Buffer.concat(chunks).toString("latin1")));
    socket.on("error", reject);
    socket.write(Buffer.from(request, "latin1"));
  });
}

/** As Portage asks: `fetch` would add `Cache-Control: no-cache` to a conditional request. */
const conditional = (path: string, header: string): Promise<string> =>
  raw(`GET ${path} HTTP/1.1\r\nHost: x\r\n${header}\r\nConnection: close\r\n\r\n`);

const get = (path: string): Promise<string> => raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

describe("package files", () => {
  beforeEach(async () => {
    await stagePackage(store, "desktop-1", { cpv: "dev-libs/c++lib-1.0_p1-r2" });
    await publish("desktop-1", "2026-01-01T00:00:00Z");
  });
  const FILE = "/main/desktop/dev-libs/c++lib/c++lib-1.0_p1-r2-1.gpkg.tar";

  test("the index and what it names are served without a token", async () => {
    const index = await (await fetch(`${url}/main/desktop/Packages`)).text();
    const { packages } = await clientView(store);
    expect(index).toContain(`PATH: ${packages[0]?.PATH}`);
    const bytes = Buffer.from(await (await fetch(url + FILE)).arrayBuffer());
    expect(String(bytes.length)).toBe(packages[0]?.SIZE);
    const packed = await fetch(`${url}/main/desktop/Packages.gz`);
    expect(packed.headers.get("content-encoding")).toBeNull();
  });

  test("HEAD, ranges, ETag and If-Modified-Since", async () => {
    const whole = await fetch(url + FILE);
    const bytes = Buffer.from(await whole.arrayBuffer());
    const head = await fetch(url + FILE, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(bytes.length));
    expect(await head.text()).toBe("");
    const part = await fetch(url + FILE, { headers: { range: "bytes=1000-1999" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 1000-1999/${bytes.length}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000));
    expect((await fetch(url + FILE, { headers: { range: "bytes=99999999-" } })).status).toBe(416);
    const etag = whole.headers.get("etag") ?? "";
    expect(etag).not.toBe("");
    expect(await conditional(FILE, `If-None-Match: ${etag}`)).toMatch(/^HTTP\/1\.1 304 /);
    const modified = whole.headers.get("last-modified") ?? "";
    expect(await conditional(FILE, `If-Modified-Since: ${modified}`)).toMatch(/^HTTP\/1\.1 304 /);
  });

  test("after a switch within the same second the index is new for a client that has the old one", async () => {
    const before = await fetch(`${url}/main/desktop/Packages`);
    const modified = before.headers.get("last-modified") ?? "";
    const etag = before.headers.get("etag") ?? "";
    const { header } = await clientView(store);
    expect(Date.parse(modified) / 1000).toBe(Number(header.TIMESTAMP));
    const sinceOld = `If-Modified-Since: ${modified}`;
    expect(await conditional("/main/desktop/Packages", sinceOld)).toMatch(/^HTTP\/1\.1 304 /);
    await stagePackage(store, "desktop-2", { cpv: "app-misc/calc-1.0" });
    await publish("desktop-2", "2026-01-02T00:00:00Z");
    expect(await conditional("/main/desktop/Packages", sinceOld)).toMatch(/^HTTP\/1\.1 200 .*app-misc\/calc-1\.0/s);
    expect(await conditional("/main/desktop/Packages", `If-None-Match: ${etag}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test.each([
    "/main/desktop/../../targets/desktop/target.json",
    "/main/desktop/..%2f..%2ftarget.json",
    "/main/desktop/%2e%2e/%2e%2e/target.json",
    "/main/desktop/%252e%252e/snapshot.json",
    "/main/desktop/..\\..\\target.json",
    "/main/desktop/dev-libs/..%00/Packages",
    "/main/desktop/Packages%00",
    "/main/desktop//etc/passwd",
    "/main/desktop/%2fetc%2fpasswd",
    "/main/desktop/./Packages",
    "/main/../main/desktop/Packages",
    "/main/%2e%2e/desktop/Packages",
    "/main/desktop%2f..%2fdesktop/Packages",
    "/main/desktop/",
    "/main/desktop/dev-libs",
    "/main/desktop/dev-libs/",
    "/main/laptop/Packages",
    "/other/desktop/Packages",
    "/../../../../etc/passwd",
    "/main/desktop/snapshot.json",
  ])("%s gives nothing", async (path) => {
    const answer = await get(path);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|403|404) /);
    expect(answer).not.toMatch(/root:|"bundle"|CPV:|updatedAt/);
  });

  test("a NUL byte in the request line is no request", async () => {
    expect(await get("/main/desktop/Pack\0ages")).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe("the API", () => {
  test.each(["Bearer wrong", "Bearer ", TOKEN, ""])("authorization %j: refused", async (authorization) => {
    const answer = await fetch(`${url}/api/targets`, { headers: authorization === "" ? {} : { authorization } });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: "wrong or missing token", hint: expect.stringContaining("token") });
    const answers = await Promise.all([
      fetch(`${url}/api/uploads/u?size=9&sha256=${"0".repeat(64)}`, { method: "PATCH", body: "x".repeat(9) }),
      fetch(`${url}/api/targets/desktop/prune`, { method: "POST" }),
      fetch(`${url}/api/staging/desktop-1`, { method: "DELETE" }),
    ]);
    expect(answers.map((it) => it.status)).toEqual([401, 401, 401]);
  });

  test("a wrong token is a BinhostError of class infrastructure, without the token in it", async () => {
    const error = await new BinhostClient(url, "not-the-token").targets().catch((it: unknown) => it);
    expect(error).toMatchObject({ name: "BinhostError", status: 401, class: "infrastructure" });
    expect(String(error)).not.toContain("not-the-token");
  });

  test("health needs no token", async () => {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ name: "main", role: "binhost", ok: true });
  });

  test("nobody listening: an error that names the address", async () => {
    await server.close();
    await expect(client.targets()).rejects.toMatchObject({ status: 0, message: expect.stringContaining(url) });
  });

  test("an answer of something else than a binhost is refused", async () => {
    await expect(new BinhostClient(`${url}/main/..`, TOKEN).targets()).resolves.toHaveLength(1);
    const other = new BinhostClient(`${url}/healthz?`, TOKEN);
    await expect(other.targets()).rejects.toThrow(/not an answer of a binhost/);
  });

  test("targets, blobs, snapshots, diff, rollback, prune, staging", async () => {
    const laptop = await client.putBlob(bundleOf("laptop"));
    expect((await client.getBlob(laptop)).equals(bundleOf("laptop"))).toBe(true);
    expect(await client.putTarget("laptop", laptop)).toMatchObject({ name: "laptop", bundle: laptop, current: null });
    expect((await client.targets()).map((it) => it.name)).toEqual(["desktop", "laptop"]);
    await expect(client.target("none")).rejects.toMatchObject({ status: 404, hint: "Known targets: desktop, laptop." });
    await expect(client.getBlob("0".repeat(64))).rejects.toMatchObject({ status: 404 });

    const one = await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
    expect(await client.stagingRuns()).toEqual(["desktop-1"]);
    expect(await client.staged("desktop-1")).toEqual([one]);
    const asked = [
      { cpv: one.cpv, buildId: one.buildId + 1 },
      { cpv: one.cpv, buildId: one.buildId },
      { cpv: "app-misc/none-1", buildId: 1 },
    ];
    expect(await client.findStaged("desktop-1", asked)).toEqual([one]);
    expect(await client.findStaged("desktop-9", asked)).toEqual([]);
    expect(await client.snapshot(TARGET, "current")).toBeNull();
    const first = await publish("desktop-1", "2026-01-01T00:00:00Z");
    await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.1" });
    const second = await publish("desktop-2", "2026-01-02T00:00:00Z");
    expect((await client.snapshot(TARGET, "current"))?.id).toBe(second);
    expect((await client.snapshots(TARGET)).map((it) => it.id)).toEqual([second, first]);
    expect((await client.diff(TARGET, first, second)).changed).toEqual([
      { name: "app-misc/hello", from: "1.0", to: "1.1" },
    ]);
    expect((await client.rollback(TARGET, first)).id).toBe(first);
    expect((await client.target(TARGET)).current).toBe(first);
    await client.rollback(TARGET, second);
    await client.clearStaging("desktop-1");
    expect(await client.stagingRuns()).toEqual(["desktop-2"]);
    expect(await client.prune(TARGET, 1)).toEqual([first]);
    await expect(client.rollback(TARGET, first)).rejects.toMatchObject({ status: 404 });
    await expect(client.prune(TARGET, 0)).rejects.toMatchObject({ status: 400 });
    await expect(client.putTarget("laptop", "junk")).rejects.toMatchObject({ status: 400 });
  });

  test("names that lead out of staging are refused before anything is touched", async () => {
    const outside = join(store.dir, "outside.removed");
    await writeFile(outside, "");
    for (const run of ["./../outside", "../outside", "/../../outside", ""]) {
      await expect(store.clearStaging(run)).rejects.toMatchObject({ kind: "invalid" });
    }
    await expect(client.clearStaging("/../../outside")).rejects.toMatchObject({ status: 400 });
    await expect(client.findStaged("desktop-1", [{ cpv: "../x", buildId: 1 }])).rejects.toMatchObject({ status: 400 });
    expect(await readdir(store.dir)).toContain("outside.removed");
  });

  test("an artifact is fetched whole and checked, or not at all", async () => {
    const it = await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
    const directory = await temporaryDirectory();
    const file = join(directory, "hello.gpkg.tar");
    await client.fetchArtifact(it.sha256, file);
    expect(sha256Of(await readFile(file))).toBe(it.sha256);
    const stored = await store.artifactFile(it.sha256);
    await writeFile(stored, Buffer.alloc(it.size, "rot"));
    await expect(client.fetchArtifact(it.sha256, join(directory, "rotten"))).rejects.toThrow(/was changed on its way/);
    await expect(client.fetchArtifact("0".repeat(64), join(directory, "none"))).rejects.toMatchObject({ status: 404 });
    const gone = new AbortController();
    gone.abort();
    await expect(client.fetchArtifact(it.sha256, join(directory, "no"), gone.signal)).rejects.toHaveProperty(
      "name",
      "AbortError",
    );
    expect(await readdir(directory)).toEqual(["hello.gpkg.tar"]);
  });
});
