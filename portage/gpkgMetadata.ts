import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { extract } from "tar-stream";
import { z } from "zod";
import { messageOf } from "../model/errors.ts";
import { GpkgError } from "./gpkgError.ts";

/** Compressed and unpacked bounds: real ones are kilobytes, the installed environment included. */
export const MAX_METADATA_BYTES = 64 * 1024 * 1024;
const MAX_VALUE_BYTES = 16 * 1024 * 1024;

const required = z.string().min(1, "missing or empty");
const optional = z.string().default("");
/** What Portage evaluates against USE when it builds; a conditional left over would be read by clients with other flags. */
const evaluated = optional.refine(
  (text) => !/(^|\s)!?[A-Za-z0-9+_@-]+\?(\s|$)/.test(text),
  "has an unevaluated USE conditional",
);
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9+_.-]*$/;

/** The values of a gpkg's metadata that are used here, whitespace collapsed. Names are Portage's. */
const Metadata = z.object({
  CATEGORY: required.regex(PLAIN_NAME, "not a category's name"),
  PF: required.regex(PLAIN_NAME, "not a package's name and version"),
  SLOT: required.regex(/^[A-Za-z0-9_][A-Za-z0-9+_.-]*(\/[A-Za-z0-9_][A-Za-z0-9+_.-]*)?$/, "not a slot"),
  BUILD_ID: required.regex(/^[1-9][0-9]{0,8}$/, "not a positive number"),
  BUILD_TIME: required.regex(/^[0-9]{1,12}$/, "not seconds since the epoch"),
  CHOST: required,
  repository: required.regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/, "not a repository's name"),
  EAPI: z.string().default("0"),
  USE: optional,
  IUSE: optional,
  KEYWORDS: optional,
  DEFINED_PHASES: optional,
  PROVIDES: optional,
  REQUIRES: optional,
  USER_PATCHES: optional,
  LICENSE: evaluated,
  PROPERTIES: evaluated,
  RESTRICT: evaluated,
  BDEPEND: evaluated,
  DEPEND: evaluated,
  IDEPEND: evaluated,
  PDEPEND: evaluated,
  RDEPEND: evaluated,
  CFLAGS: optional,
  CXXFLAGS: optional,
  FFLAGS: optional,
  FCFLAGS: optional,
  LDFLAGS: optional,
});
export type GpkgMetadata = z.infer<typeof Metadata>;

/** Reads `metadata.tar`, `.tar.gz` or `.tar.zst`. */
export async function readMetadata(name: string, content: Buffer): Promise<GpkgMetadata> {
  const values: Record<string, string> = {};
  const archive = extract();
  try {
    archive.end(await unpack(name, content));
    for await (const entry of archive) {
      const key = /^metadata\/([^/]+)$/.exec(entry.header.name)?.[1];
      const wanted = key !== undefined && Object.hasOwn(Metadata.shape, key);
      if (wanted && entry.header.type !== "file") throw new GpkgError(`${name}: ${key} is not a file`);
      if (wanted && Object.hasOwn(values, key)) throw new GpkgError(`${name}: ${key} is there twice`);
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (!wanted) continue;
        if (size > MAX_VALUE_BYTES) throw new GpkgError(`${name}: ${key} is larger than ${MAX_VALUE_BYTES} bytes`);
        chunks.push(chunk);
      }
      if (wanted) values[key] = Buffer.concat(chunks).toString("utf8").trim().split(/\s+/).join(" ");
    }
  } catch (error) {
    if (error instanceof GpkgError) throw error;
    throw new GpkgError(`${name}: not a tar archive: ${messageOf(error)}`);
  }
  const parsed = Metadata.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (it) => `${it.path.join(".")} ${it.code === "invalid_type" ? "is missing" : it.message}`,
  );
  throw new GpkgError(`${name}: ${problems.join("; ")}`);
}

async function unpack(name: string, content: Buffer): Promise<Buffer> {
  const suffix = name.slice("metadata.tar".length);
  const limit = { maxOutputLength: 4 * MAX_METADATA_BYTES };
  try {
    if (suffix === "") return content;
    if (suffix === ".zst") return await promisify(zstdDecompress)(content, limit);
    if (suffix === ".gz") return await promisify(gunzip)(content, limit);
  } catch (error) {
    throw new GpkgError(`${name}: cannot be unpacked: ${messageOf(error)}`);
  }
  throw new GpkgError(
    `${name}: compression ${suffix} is not read here; set BINPKG_COMPRESS to zstd (Portage's default), gzip or none for the target`,
  );
}
