import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { registerPage } from "../../gateway/page.ts";
import { registerSecurityHeaders } from "../../gateway/securityHeaders.ts";
import { temporaryDirectory } from "../cli/command.ts";

const SCRIPT = `console.log(${"1 + ".repeat(500)}1);`;

async function pageOf(root: string) {
  const app = fastify();
  onTestFinished(async () => await app.close());
  registerSecurityHeaders(app);
  await registerPage(app, root);
  return app;
}

test("the page is served compressed as it was built, with a tag, and may load nothing from elsewhere", async () => {
  const root = join(await temporaryDirectory(), "page");
  await mkdir(join(root, "assets"), { recursive: true });
  await writeFile(join(root, "index.html"), "<!doctype html>");
  await writeFile(join(root, "assets/main-0123456789ab.js"), SCRIPT);
  await writeFile(join(root, "assets/main-0123456789ab.js.br"), brotliCompressSync(SCRIPT));
  await writeFile(join(root, "../secret"), "no");
  const app = await pageOf(root);
  const document = await app.inject("/");
  expect(document.headers["content-type"]).toContain("text/html");
  expect(document.headers["cache-control"]).toBe("no-cache");
  expect(document.headers["content-security-policy"]).toContain("script-src 'self';");
  const again = await app.inject({ url: "/", headers: { "if-none-match": String(document.headers.etag) } });
  expect(again.statusCode).toBe(304);
  const url = "/assets/main-0123456789ab.js";
  const script = await app.inject({ url, headers: { "accept-encoding": "br" } });
  expect([script.headers["content-encoding"], script.headers["cache-control"]]).toEqual([
    "br",
    "public, max-age=31536000, immutable",
  ]);
  expect(brotliDecompressSync(script.rawPayload).toString()).toBe(SCRIPT);
  expect((await app.inject(url)).body).toBe(SCRIPT);
  for (const path of ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret"]) {
    expect((await app.inject(path)).statusCode).toBeGreaterThanOrEqual(400);
  }
});

test("a page that is not built says so", async () => {
  const app = await pageOf(await temporaryDirectory());
  expect((await app.inject("/")).body).toContain("npm run build");
});
