import { GpkgError } from "./gpkgError.ts";

/** One member of a gpkg, measured while it was read. */
export interface MemberDigests {
  size: number;
  /** Manifest's name of the algorithm -> hexadecimal digest. */
  digests: Map<string, string>;
}

/** One line `DATA name size ALGORITHM digest ...` of a gpkg's Manifest. */
interface ManifestLine {
  name: string;
  size: number;
  digests: [algorithm: string, digest: string][];
}

interface Manifest {
  lines: ManifestLine[];
  signed: boolean;
}

const SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE = "-----BEGIN PGP SIGNATURE-----";

/** Parses a gpkg's Manifest, clear-signed or plain; anything else in it is an error. */
export function parseManifest(text: string): Manifest {
  const signed = text.startsWith(SIGNED);
  const lines: ManifestLine[] = [];
  for (const line of (signed ? signedText(text) : text).split("\n")) {
    if (line.trim() === "") continue;
    const [kind, name, size, ...rest] = line.trim().split(/\s+/);
    if (kind !== "DATA" || name === undefined || !/^\d+$/.test(size ?? "") || rest.length % 2 !== 0) {
      throw new GpkgError(`Manifest: not a line of it: ${JSON.stringify(line.slice(0, 80))}`);
    }
    if (lines.some((it) => it.name === name)) throw new GpkgError(`Manifest: ${name} is there twice`);
    const digests: [string, string][] = [];
    for (let i = 0; i < rest.length; i += 2) digests.push([rest[i] ?? "", (rest[i + 1] ?? "").toLowerCase()]);
    lines.push({ name, size: Number(size), digests });
  }
  return { lines, signed };
}

/** RFC 4880, 7: armor headers, an empty line, the text (lines that begin with a dash are escaped), the signature. */
function signedText(text: string): string {
  const begin = text.indexOf("\n\n");
  const end = text.indexOf(SIGNATURE);
  if (begin === -1 || end === -1) throw new GpkgError("Manifest: its signature is cut off");
  return text.slice(begin, end).replaceAll(/^- /gm, "");
}

/** Compares what was read with the Manifest, both ways; whether anything is signed. */
export function checkManifest(manifest: Manifest, members: ReadonlyMap<string, MemberDigests>): boolean {
  for (const { name, size, digests } of manifest.lines) {
    const member = members.get(name);
    if (!member) throw new GpkgError(`${name}: in the Manifest, but not in the file (truncated?)`);
    if (member.size !== size) throw new GpkgError(`${name}: ${member.size} bytes, the Manifest says ${size}`);
    let compared = 0;
    for (const [algorithm, digest] of digests) {
      const got = member.digests.get(algorithm);
      if (got === undefined) continue;
      if (got !== digest)
        throw new GpkgError(`${name}: ${algorithm} differs from the Manifest's: its content was changed`);
      compared += 1;
    }
    if (compared === 0) throw new GpkgError(`${name}: the Manifest has no digest known here (BLAKE2B, SHA512, SHA256)`);
  }
  const listed = new Set(manifest.lines.map((it) => it.name));
  for (const name of members.keys()) {
    if (name !== "Manifest" && !listed.has(name)) throw new GpkgError(`${name}: not covered by the Manifest`);
  }
  return manifest.signed || [...listed].some((name) => name.endsWith(".sig"));
}
