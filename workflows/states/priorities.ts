import { note } from "./runHead.ts";
import type { RunParts } from "./runParts.ts";

/** Names in one sentence. */
const NAMES_TOLD = 5;

/** Why these (CPVs) cannot be put first, or null. */
export function prioritizeRefusal({ records }: Pick<RunParts, "records">, names: readonly string[]): string | null {
  const strange = names.filter((name) => {
    const index = records.indexOf(name);
    return index === undefined || records.isPresent(index);
  });
  return strange.length === 0 ? null : `not among the packages that the run builds: ${told(strange)}`;
}

/**
 * These (CPVs) and all that they need go first from now on, instead of those before; with none, the longest path decides
 * alone again. Returns them.
 */
export function prioritize(run: RunParts, names: readonly string[], by: string, now: number): string[] {
  run.prioritized = [...new Set(names)];
  run.placement.prioritize(firstOf(run));
  note(run.head, names.length === 0 ? `${by}: nothing goes first any more` : `${by} put first ${told(names)}`, now);
  return run.prioritized;
}

/** Indexes of the packages put first and of what they need at run time; what those are built with is on their paths. */
export function firstOf({ records, prioritized }: Pick<RunParts, "records" | "prioritized">): Set<number> {
  const found = new Set(prioritized.flatMap((cpv) => records.indexOf(cpv) ?? []));
  for (const index of found) for (const need of records.graph.packages[index]?.run ?? []) found.add(need);
  return found;
}

function told(names: readonly string[]): string {
  const more = names.length - NAMES_TOLD;
  return names.slice(0, NAMES_TOLD).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
