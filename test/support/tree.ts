import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import type { TargetBundle } from "../../model/target.ts";
import { parseCpv } from "../../portage/cpv.ts";

/** One ebuild of a test tree. */
export interface TreePackage {
  cpv: string;
  /** What follows the standard variables: dependencies, phases. */
  body?: string;
  /** Path below `${P}/` -> text of the source archive; without it there is none. */
  files?: Record<string, string>;
  slot?: string;
  iuse?: string;
  keywords?: string;
  license?: string;
  eapi?: string;
}

export interface TestTree {
  name: string;
  /** Directory of the repository. */
  location: string;
  /** Directory of the source archives. */
  distfiles: string;
}

export interface TreeOptions {
  /** Repository name. */
  name?: string;
  /** Lines of profiles/package.mask. */
  masked?: string[];
}

const MAKE_DEFAULTS = `ARCH="amd64"
ACCEPT_KEYWORDS="amd64"
ACCEPT_LICENSE="* -@EULA"
CHOST="x86_64-pc-linux-gnu"
ABI="default"
DEFAULT_ABI="default"
LIBDIR_default="lib"
USE_EXPAND_IMPLICIT="ARCH ELIBC KERNEL"
USE_EXPAND_UNPREFIXED="ARCH"
USE_EXPAND_VALUES_ARCH="amd64"
USE_EXPAND_VALUES_ELIBC="glibc"
USE_EXPAND_VALUES_KERNEL="linux"
ELIBC="glibc"
KERNEL="linux"
IUSE_IMPLICIT="prefix"
`;

const skeleton = (name: string, masked: readonly string[], categories: readonly string[]): Record<string, string> => ({
  "profiles/repo_name": `${name}\n`,
  "profiles/eapi": "8\n",
  "profiles/arch.list": "amd64\n",
  "profiles/categories": `${categories.join("\n")}\n`,
  "profiles/profiles.desc": "amd64 default stable\n",
  "profiles/package.mask": masked.map((line) => `${line}\n`).join(""),
  "profiles/license_groups": "EULA Proprietary\n",
  "profiles/default/eapi": "8\n",
  "profiles/default/make.defaults": MAKE_DEFAULTS,
  "metadata/layout.conf":
    "masters =\nthin-manifests = true\nmanifest-hashes = BLAKE2B SHA512\nprofile-formats = portage-2\n",
  "licenses/MIT": "MIT\n",
  "licenses/Proprietary": "Ask us.\n",
});

/** Writes a package repository below `directory`, with its source archives; called again, it adds to what is there. */
export async function makeTree(
  directory: string,
  packages: readonly TreePackage[],
  { name = "test", masked = [] }: TreeOptions = {},
): Promise<TestTree> {
  const tree = { name, location: join(directory, "tree"), distfiles: join(directory, "distfiles") };
  const categories = [...new Set(packages.map((p) => parseCpv(p.cpv).category))];
  const files = new Map(Object.entries(skeleton(name, masked, categories)));
  const manifests = new Map<string, string>();
  await mkdir(tree.distfiles, { recursive: true });
  for (const p of packages) {
    const { cp, name: pn, pf, version } = parseCpv(p.cpv);
    files.set(`${cp}/${pf}.ebuild`, ebuild(p));
    if (!p.files) continue;
    const archive = await sourceArchive(`${pn}-${version}`, p.files);
    await writeFile(join(tree.distfiles, `${pn}-${version}.tar`), archive);
    manifests.set(cp, (manifests.get(cp) ?? "") + manifestLine(`${pn}-${version}.tar`, archive));
  }
  for (const [cp, text] of manifests) files.set(`${cp}/Manifest`, text);
  for (const [path, text] of files) {
    await mkdir(dirname(join(tree.location, path)), { recursive: true });
    await writeFile(join(tree.location, path), text);
  }
  return tree;
}

/** A target of a test tree. @param files below etc/portage */
export function treeTarget(tree: TestTree, world: string[], files: Record<string, string> = {}): TargetBundle {
  const makeConf = 'CFLAGS="-O1"\nGENTOO_MIRRORS=""\n';
  return {
    format: 1,
    name: "desktop",
    profile: { repository: tree.name, path: "default" },
    files: { "make.conf": makeConf, ...files },
    world,
  };
}

function ebuild({
  body = "",
  files,
  slot = "0",
  iuse = "",
  keywords = "amd64",
  license = "MIT",
  eapi = "8",
}: TreePackage): string {
  const source = files ? `SRC_URI="https://distfiles.invalid/\${P}.tar"\nRESTRICT="mirror"\n` : "";
  return `EAPI=${eapi}
DESCRIPTION="A package for tests"
HOMEPAGE="https://packages.invalid"
${source}LICENSE="${license}"
SLOT="${slot}"
KEYWORDS="${keywords}"
IUSE="${iuse}"
${body}
`;
}

async function sourceArchive(top: string, files: Record<string, string>): Promise<Buffer> {
  const archive = pack();
  for (const [path, text] of Object.entries(files)) {
    archive.entry({ name: `${top}/${path}`, mtime: new Date(0), mode: path.endsWith(".sh") ? 0o755 : 0o644 }, text);
  }
  archive.finalize();
  return await buffer(archive);
}

function manifestLine(name: string, data: Buffer): string {
  const digest = (algorithm: string): string => createHash(algorithm).update(data).digest("hex");
  return `DIST ${name} ${data.length} BLAKE2B ${digest("blake2b512")} SHA512 ${digest("sha512")}\n`;
}
