import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import { pack } from "tar-stream";
import type { ExpectedPackage } from "../model/build.ts";
import { parseCpv } from "../portage/cpv.ts";

/** Members of a gpkg in their order: name -> content. */
export type GpkgMembers = [name: string, content: Buffer][];

export interface FakePackage {
  cpv: string;
  buildId?: number;
  /** Stands for image.tar.zst: it is never unpacked here. */
  image?: Buffer;
  /** Overrides of single metadata values; "" leaves one out. */
  metadata?: Record<string, string>;
}

const CHOST = "x86_64-pc-linux-gnu";

/** A tar archive of these members. */
export async function tar(members: GpkgMembers): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of members) archive.entry({ name, size: content.length, mtime: new Date(0) }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The metadata archive of a made-up package, not compressed. */
export function metadataTar({ cpv, buildId = 1, metadata = {} }: FakePackage): Promise<Buffer> {
  const { category, pf } = parseCpv(cpv);
  const values: Record<string, string> = {
    BUILD_ID: String(buildId),
    BUILD_TIME: "1700000000",
    CATEGORY: category,
    CFLAGS: "-O2 -pipe",
    CHOST,
    CXXFLAGS: "-O2 -pipe",
    DEFINED_PHASES: "compile install",
    EAPI: "8",
    IUSE: "+nls test",
    KEYWORDS: "amd64",
    LICENSE: "MIT",
    PF: pf,
    RDEPEND: "dev-libs/libalpha:0/2=",
    SLOT: "0",
    USE: "amd64 nls",
    repository: "demo",
    ...metadata,
  };
  const present = Object.entries(values).filter(([, value]) => value !== "");
  return tar(present.map(([key, value]) => [`metadata/${key}`, Buffer.from(`${value}\n`)]));
}

/** Members of a sound gpkg, without their directory and without the Manifest. */
export async function gpkgMembers(fake: FakePackage): Promise<GpkgMembers> {
  const { image = Buffer.alloc(2048, fake.cpv) } = fake;
  return [
    ["gpkg-1", Buffer.alloc(0)],
    ["metadata.tar.zst", await promisify(zstdCompress)(await metadataTar(fake))],
    ["image.tar.zst", image],
  ];
}

export function manifestOf(members: GpkgMembers): Buffer {
  const digest = (algorithm: string, content: Buffer): string => createHash(algorithm).update(content).digest("hex");
  const lines = members.map(([name, content]) => {
    return `DATA ${name} ${content.length} BLAKE2B ${digest("blake2b512", content)} SHA512 ${digest("sha512", content)}\n`;
  });
  return Buffer.from(lines.join(""));
}

/** Puts members into the package's directory, in a tar. */
export function container(directory: string, members: GpkgMembers): Promise<Buffer> {
  return tar(members.map(([name, content]) => [`${directory}/${name}`, content]));
}

/** A whole, sound gpkg as Portage writes them, of a package that does not exist. */
export async function makeGpkg(fake: FakePackage): Promise<Buffer> {
  const members = await gpkgMembers(fake);
  const { pf } = parseCpv(fake.cpv);
  return container(`${pf}-${fake.buildId ?? 1}`, [...members, ["Manifest", manifestOf(members)]]);
}

/** What a plan would say of a package made with the default metadata. */
export function expectedOf({ cpv, buildId = 1 }: FakePackage): ExpectedPackage {
  return {
    cpv,
    buildId,
    slot: "0",
    subslot: "0",
    repository: "demo",
    use: ["nls"],
    iuse: ["nls", "test"],
    chost: CHOST,
    settings: { CFLAGS: "-O2 -pipe", CXXFLAGS: "-O2 -pipe" },
  };
}
