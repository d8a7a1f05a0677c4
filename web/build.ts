import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "esbuild";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { packageRoot } from "../system/packageRoot.ts";

/** Where the page lies when it is built: `index.html`, and below `assets/` files whose names tell their content. */
export const PAGE_PATH = join(packageRoot(), "dist", "web");

const SOURCES = join(packageRoot(), "web", "src");
const BROWSERS = ["chrome123", "firefox124", "safari17.5"];

/** Builds the page. `index.html` comes last: at every moment what it names is there. */
export async function buildPage(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, "main.tsx"), join(SOURCES, "style.css")],
    outdir: PAGE_PATH,
    bundle: true,
    minify: true,
    format: "esm",
    target: BROWSERS,
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    write: false,
  });
  const names = new Map<string, string>();
  for (const { path, contents } of outputFiles) {
    const name = hashedName(basename(path), contents);
    names.set(basename(path), name);
    await writeWithCompressed(join(PAGE_PATH, "assets", name), contents);
  }
  const template = await readFile(join(SOURCES, "index.html"), "utf8");
  const html = template.replace(/assets\/([\w.]+)/g, (_, name: string) => `assets/${nameOf(names, name)}`);
  await writeWithCompressed(join(PAGE_PATH, "index.html"), Buffer.from(html));
  await removeOthers(new Set(names.values()));
}

function hashedName(name: string, contents: Uint8Array): string {
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 12);
  return name.replace(/(\.\w+)$/, `-${hash}$1`);
}

function nameOf(names: ReadonlyMap<string, string>, name: string): string {
  const hashed = names.get(name);
  if (hashed === undefined) throw new Error(`index.html names assets/${name}, which is not built`);
  return hashed;
}

async function writeWithCompressed(path: string, contents: Uint8Array): Promise<void> {
  const size = { [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
  await writeFileAtomic(`${path}.br`, await promisify(brotliCompress)(contents, { params: size }));
  await writeFileAtomic(`${path}.gz`, await promisify(gzip)(contents, { level: 9 }));
  await writeFileAtomic(path, contents);
}

/** What an earlier build left. */
async function removeOthers(keep: ReadonlySet<string>): Promise<void> {
  const directory = join(PAGE_PATH, "assets");
  for (const name of await readdir(directory)) {
    const isPart = keep.has(name.replace(/\.(br|gz)$/, "")) || name.endsWith(".tmp");
    if (!isPart) await rm(join(directory, name), { force: true });
  }
}

if (import.meta.main) await buildPage();
