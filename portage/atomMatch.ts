import type { Atom } from "./atom.ts";
import { splitCpv } from "./cpv.ts";
import { compareVersions } from "./version.ts";

/** Which results of comparing a version with the atom's satisfy each operator (PMS 8.3.1). */
const SATISFYING = { "<": [-1], "<=": [-1, 0], "=": [0], "~": [0], ">=": [0, 1], ">": [1], "": [-1, 0, 1] } as const;

/** Whether a package (category/name-version) has an atom's name and version; slot, repository and USE are not looked at. */
export function matchesVersion({ category, name, version, operator, wildcard }: Atom, cpv: string): boolean {
  const it = splitCpv(cpv);
  if (typeof it === "string" || it.category !== category || it.name !== name) return false;
  if (version === null) return true;
  if (wildcard) return beginsWith(it.fullVersion, version);
  const compared = operator === "~" ? it.fullVersion.replace(/-r\d+$/, "") : it.fullVersion;
  return SATISFYING[operator].some((result) => result === compareVersions(compared, version));
}

/** By whole components: 1.2 begins 1.2.3 and 1.2-r1, not 1.20. */
function beginsWith(version: string, beginning: string): boolean {
  const next = version.charAt(beginning.length);
  return version.startsWith(beginning) && !(/\d$/.test(beginning) && /\d/.test(next));
}
