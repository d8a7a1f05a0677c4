import { usageError } from "../model/errors.ts";
import { categoryProblem, packageProblem } from "./identifiers.ts";
import { VERSION_PATTERN } from "./version.ts";

/** A package version taken apart; ebuilds' names for the parts in brackets. */
export interface Cpv {
  /** [CATEGORY] */
  category: string;
  /** [PN] */
  name: string;
  /** [PV], without revision: `1.2_rc1`. */
  version: string;
  /** [PR] `r2`; `r0` where none is written. */
  revision: string;
  /** [PVR] as written: `1.2_rc1-r2`. */
  fullVersion: string;
  /** category/name */
  cp: string;
  /** [PF] name-version-revision as written. */
  pf: string;
  /** The whole text. */
  cpv: string;
}

const NAME_AND_VERSION = new RegExp(`^(.*?)-(${VERSION_PATTERN})(-r[0-9]+)?$`, "s");

/** The parts of `category/name-version[-revision]`, or in words why the text is none. */
export function splitCpv(text: string): Cpv | string {
  const slash = text.indexOf("/");
  if (slash < 0) return 'there is no "/" between category and package name';
  const category = text.slice(0, slash);
  const pf = text.slice(slash + 1);
  const match = NAME_AND_VERSION.exec(pf);
  const [, name = "", version = "", dashRevision = ""] = match ?? [];
  const problem = categoryProblem(category) ?? (match && packageProblem(name));
  if (problem !== null) return problem;
  if (!match) return `${JSON.stringify(pf)} does not end in a dash and a version`;
  return {
    category,
    name,
    version,
    revision: dashRevision === "" ? "r0" : dashRevision.slice(1),
    fullVersion: version + dashRevision,
    cp: `${category}/${name}`,
    pf,
    cpv: text,
  };
}

/** The parts of `category/name-version[-revision]`. @throws UserError where the text is none. */
export function parseCpv(text: string): Cpv {
  const cpv = splitCpv(text);
  if (typeof cpv !== "string") return cpv;
  throw usageError(
    `${JSON.stringify(text)} is not a package version: ${cpv}; it must look like dev-libs/openssl-3.0.2-r1`,
  );
}
