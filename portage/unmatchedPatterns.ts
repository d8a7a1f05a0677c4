import { matchesPattern, nameOf } from "../model/patterns.ts";
import { nearestFew } from "../system/nearest.ts";

/** Names offered for a pattern that means nothing. */
const OFFERED = 3;

/** A pattern of packages, and where it was written. */
export interface WrittenPattern {
  /** e.g. `[scheduler]`, `drone izar` */
  where: string;
  pattern: string;
}

/** Patterns that mean none of these packages, with the names that were probably meant: one sentence each. */
export function unmatchedPatterns(patterns: readonly WrittenPattern[], cpvs: readonly string[]): string[] {
  const names = new Set(cpvs.map(nameOf));
  return patterns.flatMap(({ where, pattern }) => {
    if (cpvs.some((cpv) => matchesPattern(pattern, cpv))) return [];
    const near = nearestFew(pattern, names, OFFERED);
    const hint = near.length === 0 ? "" : `: did you mean ${near.join(" or ")}?`;
    return [`${where}: the pattern ${pattern} means no package of this plan${hint}`];
  });
}
