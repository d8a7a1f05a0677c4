import type { GpkgReport } from "../portage/gpkg.ts";

/**
 * The `Packages` file of a binhost: blocks of `KEY: value` lines, the first is the header. Written as Portage's
 * `emaint binhost --fix` writes it (portage/dbapi/bintree.py and getbinpkg.py of Portage 3.0.83).
 */
export interface PackagesIndex {
  header: Record<string, string>;
  packages: Record<string, string>[];
}

/** Left out of a block where the value is this; empty values are always left out. */
const DEFAULTS: Record<string, string> = { EAPI: "0", SLOT: "0" };

/** Left out of a block where the header has the same value. */
const INHERITED = ["CHOST"] as const;

/** What is taken over from a package's metadata as it is. */
const FROM_METADATA = [
  "BDEPEND",
  "BUILD_ID",
  "BUILD_TIME",
  "CHOST",
  "DEFINED_PHASES",
  "DEPEND",
  "EAPI",
  "IDEPEND",
  "IUSE",
  "KEYWORDS",
  "LICENSE",
  "PDEPEND",
  "PROPERTIES",
  "PROVIDES",
  "RDEPEND",
  "REQUIRES",
  "RESTRICT",
  "SLOT",
  "USE",
  "USER_PATCHES",
  "repository",
] as const;

/** A package's block but for what its place decides (PATH, MTIME). */
export function indexFields(report: GpkgReport): Record<string, string> {
  const { metadata } = report;
  const fields: Record<string, string> = {
    CPV: `${metadata.CATEGORY}/${metadata.PF}`,
    MD5: report.md5,
    SHA1: report.sha1,
    SIZE: String(report.size),
  };
  for (const key of FROM_METADATA) fields[key === "repository" ? "REPO" : key] = metadata[key];
  return fields;
}

/** The header, of what a binhost knows. The rest of Portage's is the configuration of the machine that runs emaint. */
export function indexHeader(known: {
  timestamp: number;
  count: number;
  chost: string;
  profile: string;
}): Record<string, string> {
  return {
    CHOST: known.chost,
    PACKAGES: String(known.count),
    PROFILE: known.profile,
    TIMESTAMP: String(known.timestamp),
    VERSION: "0",
  };
}

export function formatIndex({ header, packages }: PackagesIndex): string {
  const sorted = packages.toSorted((a, b) => order(a.CPV, b.CPV));
  const blocks = sorted.map((fields) => block(fields, (key, value) => omitted(key, value, header)));
  return [block(header, () => false), ...blocks].join("");
}

/** Reads an index as a client does: inherited keys come from the header, defaults are filled in. */
export function parseIndex(text: string): PackagesIndex {
  const [header = {}, ...packages] = text
    .split(/\n\n+/)
    .filter((it) => it !== "")
    .map(parseBlock);
  for (const fields of packages) {
    for (const key of INHERITED) if (header[key] !== undefined) fields[key] ??= header[key];
    for (const [key, value] of Object.entries(DEFAULTS)) fields[key] ??= value;
  }
  return { header, packages };
}

function omitted(key: string, value: string, header: Record<string, string>): boolean {
  return DEFAULTS[key] === value || (INHERITED.some((it) => it === key) && header[key] === value);
}

function block(fields: Record<string, string>, omit: (key: string, value: string) => boolean): string {
  const lines = Object.entries(fields)
    .filter(([key, value]) => value !== "" && !omit(key, value))
    .sort(([a], [b]) => order(a, b))
    .map(([key, value]) => `${key}: ${value}\n`);
  return `${lines.join("")}\n`;
}

function parseBlock(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return fields;
}

/** By code units: the same on every machine, whatever its locale. */
function order(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
