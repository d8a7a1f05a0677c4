import type { ExpectedPackage } from "../model/build.ts";
import type { StoredPackage } from "../model/snapshot.ts";
import type { BuildSettings } from "../model/target.ts";
import { splitCpv } from "../portage/cpv.ts";
import type { GpkgReport } from "../portage/gpkg.ts";
import { GpkgError } from "../portage/gpkgError.ts";
import { packagePath } from "./layout.ts";

/**
 * What a sound gpkg is, by its own metadata; but for the settings, which are those that the build was ordered with: a gpkg
 * records CFLAGS as the ebuild left them (filtered, appended to) and FFLAGS not at all.
 * Throws `GpkgError` where the metadata names no package.
 */
export function storedPackage(report: GpkgReport, settings: BuildSettings): StoredPackage {
  const { metadata } = report;
  const cpv = `${metadata.CATEGORY}/${metadata.PF}`;
  const parts = splitCpv(cpv);
  if (typeof parts === "string") throw new GpkgError(`its metadata names no package: ${cpv}: ${parts}`);
  const [slot = "", subslot = slot] = metadata.SLOT.split("/");
  const iuse = words(metadata.IUSE).map((flag) => flag.replace(/^[+-]/, ""));
  const buildId = Number(metadata.BUILD_ID);
  return {
    cpv,
    buildId,
    sha256: report.sha256,
    size: report.size,
    path: packagePath(parts.category, parts.name, parts.pf, buildId),
    slot,
    subslot,
    repository: metadata.repository,
    use: words(metadata.USE)
      .filter((flag) => iuse.includes(flag))
      .sort(),
    iuse: iuse.sort(),
    chost: metadata.CHOST,
    settings,
    depend: metadata.DEPEND,
    bdepend: metadata.BDEPEND,
    rdepend: metadata.RDEPEND,
    pdepend: metadata.PDEPEND,
    idepend: metadata.IDEPEND,
    buildTime: Number(metadata.BUILD_TIME),
  };
}

/** Everything in which a package is not what was asked for; empty where it is. */
export function differences(got: StoredPackage, expected: ExpectedPackage): string[] {
  const found: string[] = [];
  const compare = (what: string, is: string | number, wanted: string | number): void => {
    if (is !== wanted) found.push(`${what} is ${JSON.stringify(is)}, expected ${JSON.stringify(wanted)}`);
  };
  compare("package", got.cpv, expected.cpv);
  compare("build id", got.buildId, expected.buildId);
  compare("slot", got.slot, expected.slot);
  compare("sub-slot", got.subslot, expected.subslot);
  compare("repository", got.repository, expected.repository);
  compare("USE", got.use.join(" "), expected.use.toSorted().join(" "));
  compare("CHOST", got.chost, expected.chost);
  return found;
}

function words(text = ""): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
