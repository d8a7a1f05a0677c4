import type { BuildLimits } from "../model/limits.ts";
import { matchesPattern, nameOf } from "../model/patterns.ts";
import { nearest } from "../system/nearest.ts";

/** Patterns of [scheduler] that mean no package of a plan, with the name that was probably meant: one sentence each. */
export function unmatchedPatterns({ exclusive, memory }: BuildLimits, cpvs: readonly string[]): string[] {
  const patterns = new Set([...exclusive.flat(), ...memory.map(({ packages }) => packages)]);
  const names = new Set(cpvs.map(nameOf));
  return [...patterns].flatMap((pattern) => {
    if (cpvs.some((cpv) => matchesPattern(pattern, cpv))) return [];
    const meant = nearest(pattern, names);
    const hint = meant === null ? "" : `: did you mean ${meant}?`;
    return [`[scheduler]: the pattern ${pattern} means no package of this plan${hint}`];
  });
}
