import type { NeededReason, PlanPackage } from "../model/plan.ts";
import type { Snapshot, StoredPackage } from "../model/snapshot.ts";
import { SETTING_NAMES } from "../model/target.ts";
import { boundSubslots } from "./boundSubslots.ts";
import { parseCpv } from "./cpv.ts";
import type { ResolvedPackage, ResolverReport } from "./resolve.ts";

/**
 * What of a resolution must be built: each package of which the target's snapshot has no binary that a client would accept
 * as it would be built today. An ebuild that was edited without a new revision changes nothing, as in Portage.
 * @param later snapshots newer than that one, where the target was rolled back: a build id that one of them used names other
 *   bytes under the same path, and is not given again.
 */
export function decideNeeded(
  report: ResolverReport,
  snapshot: Snapshot | null,
  later: readonly Snapshot[],
): PlanPackage[] {
  const stored = snapshot?.packages ?? [];
  const builds = Map.groupBy(stored, (p) => p.cpv);
  const versions = Map.groupBy(stored, (p) => parseCpv(p.cpv).cp);
  const resolved = Map.groupBy(report.packages, (p) => parseCpv(p.cpv).cp);
  const issued = Map.groupBy(
    later.flatMap((it) => it.packages),
    (p) => p.cpv,
  );

  return report.packages.map((wanted) => {
    const { eapi: _eapi, keywords: _keywords, ...planned } = wanted;
    const { cp } = parseCpv(wanted.cpv);
    const known = (builds.get(wanted.cpv) ?? []).toSorted((a, b) => b.buildId - a.buildId);
    const build = (needed: NeededReason): PlanPackage => ({
      ...planned,
      buildId: 1 + Math.max(0, ...[...known, ...(issued.get(wanted.cpv) ?? [])].map((p) => p.buildId)),
      needed,
      artifact: null,
    });

    const newest = known[0];
    if (!newest) return build(missing(wanted, versions.get(cp) ?? []));
    const acceptable = known.find((p) => difference(wanted, p, resolved) === null);
    if (acceptable) return { ...planned, buildId: acceptable.buildId, needed: null, artifact: acceptable.sha256 };
    return build(difference(wanted, newest, resolved) ?? { kind: "new", text: "new" });
  });
}

function missing(wanted: ResolvedPackage, others: readonly StoredPackage[]): NeededReason {
  const sameSlot = others.filter((p) => p.slot === wanted.slot);
  if (sameSlot.length === 0) return { kind: "new", text: "new" };
  const have = [...new Set(sameSlot.map((p) => parseCpv(p.cpv).fullVersion))].join(", ");
  return { kind: "version", text: `version ${parseCpv(wanted.cpv).fullVersion}, the binhost has ${have}` };
}

/** The first thing in which a binary is not what would be built today, or null. */
function difference(
  wanted: ResolvedPackage,
  stored: StoredPackage,
  resolved: ReadonlyMap<string, readonly ResolvedPackage[]>,
): NeededReason | null {
  if (stored.repository !== wanted.repository) {
    return { kind: "repository", text: `from ${wanted.repository}, built from ${stored.repository}` };
  }
  const flags = changedFlags(wanted, stored);
  if (flags.length > 0) return { kind: "use", text: `USE changed: ${flags.join(" ")}` };
  if (stored.slot !== wanted.slot || stored.subslot !== wanted.subslot) {
    return { kind: "slot", text: `slot ${wanted.slot}/${wanted.subslot}, was ${stored.slot}/${stored.subslot}` };
  }
  if (stored.chost !== wanted.chost) return { kind: "chost", text: `CHOST ${wanted.chost}, was ${stored.chost}` };
  for (const name of SETTING_NAMES) {
    const [now = "", then = ""] = [wanted.settings[name], stored.settings[name]];
    if (now !== then) return { kind: "settings", text: `${name} changed: "${now}", was "${then}"` };
  }
  return changedSubslot(stored, resolved);
}

/** `+flag` or `-flag` for each that differs. A flag that only one of the two knows counts as off in the other. */
function changedFlags(wanted: ResolvedPackage, stored: StoredPackage): string[] {
  const flags = new Set([...wanted.iuse, ...stored.iuse]);
  const now = new Set(wanted.use);
  // Portage records flags that are in no IUSE too (the architecture, the libc): they are not of the package.
  const then = new Set(stored.use.filter((flag) => flags.has(flag)));
  return [...flags]
    .sort()
    .filter((flag) => now.has(flag) !== then.has(flag))
    .map((flag) => `${now.has(flag) ? "+" : "-"}${flag}`);
}

/** Libraries change their sub-slot when what was built against them must be built again. */
function changedSubslot(
  stored: StoredPackage,
  resolved: ReadonlyMap<string, readonly ResolvedPackage[]>,
): NeededReason | null {
  for (const { cp, slot, subslot } of boundSubslots(stored)) {
    const candidates = resolved.get(cp);
    // Nothing of this plan needs it any more: only an edited ebuild can have dropped it.
    if (!candidates) continue;
    if (candidates.some((p) => p.slot === slot && p.subslot === subslot)) continue;
    const same = candidates.filter((p) => p.slot === slot);
    const now = (same.length > 0 ? same : candidates).map((p) => `${p.slot}/${p.subslot}`).join(" and ");
    return { kind: "subslot-of-dependency", text: `built against ${cp}:${slot}/${subslot}, now ${now}` };
  }
  return null;
}
