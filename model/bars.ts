import type { AttemptView, PackageView } from "./run.ts";
import type { Bar } from "./timeline.ts";

/**
 * What was built, a bar for each attempt, the first that began first: the same for a run that goes on and one that is over.
 * @param critical CPVs of the path that decides when all is done
 * @param endedAt when the run ended, ms since the epoch; null: it goes on
 */
export function barsOf(
  packages: Iterable<PackageView>,
  { critical, endedAt }: { critical: ReadonlySet<string>; endedAt: number | null },
): Bar[] {
  const bars: Bar[] = [];
  for (const { cpv, state, attempts } of packages) {
    const built = state === "received" ? attempts.findLast(mayHaveBuilt) : undefined;
    for (const one of attempts) {
      const { attempt, drone, jobs, startedAt: start } = one;
      const result = one === built ? "received" : resultOf(one, endedAt !== null);
      const end = one.endedAt ?? (result === "building" ? null : Math.max(start, endedAt ?? start));
      // What failed or was given up kept nobody waiting that was not built by another attempt.
      const isCritical = (result === "received" || result === "building") && critical.has(cpv);
      bars.push({ cpv, attempt, drone, jobs, start, end, result, critical: isCritical });
    }
  }
  return bars.sort((a, b) => a.start - b.start || (a.cpv < b.cpv ? -1 : 1));
}

function mayHaveBuilt({ endedAt, failure, supersededBy }: AttemptView): boolean {
  return endedAt !== undefined && failure === undefined && supersededBy === undefined;
}

/** Of an attempt that did not build the package. What a run left behind when it ended builds no more. */
function resultOf({ endedAt, failure, supersededBy }: AttemptView, isOver: boolean): Bar["result"] {
  if (failure !== undefined) return "failed";
  return supersededBy === undefined && endedAt === undefined && !isOver ? "building" : "superseded";
}
