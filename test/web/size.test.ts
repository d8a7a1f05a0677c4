import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { PAGE_PATH } from "../../web/build.ts";

const KIB = 1024;

/** What a browser loads for the first view: the document and what it names. */
async function firstView(): Promise<string[]> {
  const html = await readFile(join(PAGE_PATH, "index.html"), "utf8");
  return ["index.html", ...[...html.matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].flatMap(([, name]) => name ?? [])];
}

test("the first view is at most 150 KiB compressed, and all that it loads is its own", async () => {
  const files = await firstView();
  expect(files).toHaveLength(3);
  let bytes = 0;
  for (const file of files) bytes += (await stat(join(PAGE_PATH, `${file}.br`))).size;
  expect(bytes).toBeLessThan(150 * KIB);
  const html = await readFile(join(PAGE_PATH, "index.html"), "utf8");
  // Nothing inline, nothing from elsewhere: the content security policy would refuse it.
  expect(html).not.toMatch(/<style|<script(?![^>]*src=)|\sstyle=|\son\w+=|(?:src|href)="(?:https?:)?\/\//);
  expect(await readFile(join(PAGE_PATH, files.find((file) => file.endsWith(".css")) ?? ""), "utf8")).not.toMatch(
    /url\(/,
  );
});

test("each file lies there compressed in both ways, with the same content, and nothing of earlier builds", async () => {
  const files = await firstView();
  for (const file of files) {
    const plain = await readFile(join(PAGE_PATH, file));
    expect(brotliDecompressSync(await readFile(join(PAGE_PATH, `${file}.br`))).equals(plain), file).toBe(true);
    expect(gunzipSync(await readFile(join(PAGE_PATH, `${file}.gz`))).equals(plain), file).toBe(true);
  }
  const assets = files.slice(1).map((file) => file.replace("assets/", ""));
  const expected = assets.flatMap((name) => [name, `${name}.br`, `${name}.gz`]).sort();
  expect((await readdir(join(PAGE_PATH, "assets"))).sort()).toEqual(expected);
});
