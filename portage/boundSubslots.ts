import type { StoredPackage } from "../model/snapshot.ts";
import { parseAtom } from "./atom.ts";

/** A sub-slot that a binary was built against. */
export interface BoundSubslot {
  /** category/name */
  cp: string;
  slot: string;
  subslot: string;
}

/** A dependency whose `:=` Portage has bound at build time: `dev-libs/libalpha:0/2=`, before any USE dependency. */
const BOUND = /^[^![\]]+:[^/[\]]+\/[^/[\]]+=(?:\[|$)/;

/** The sub-slots that a binary's recorded dependencies are bound to, each once. */
export function boundSubslots(
  stored: Pick<StoredPackage, "depend" | "bdepend" | "rdepend" | "pdepend" | "idepend">,
): BoundSubslot[] {
  const found = new Map<string, BoundSubslot>();
  for (const text of [stored.depend, stored.bdepend, stored.rdepend, stored.pdepend, stored.idepend]) {
    for (const token of text.split(/\s+/)) {
      if (!BOUND.test(token) || found.has(token)) continue;
      const { category, name, slot, subslot } = parseAtom(token);
      if (slot !== null && subslot !== null) found.set(token, { cp: `${category}/${name}`, slot, subslot });
    }
  }
  return [...found.values()];
}
