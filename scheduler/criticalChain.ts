import type { Schedule, SimBuild } from "./simulate.ts";

/** Times that differ by less are the same. Seconds. */
const SAME = 1e-6;

/** A build of the chain that determined when all was done. */
export interface ChainLink {
  build: SimBuild;
  /**
   * What it waited for last: nothing (it started at once), a package that it needs, room on a drone, or its own earlier
   * try.
   */
  after: "nothing" | "needs" | "room" | "retry";
}

/**
 * The chain of builds that determined the makespan, first to last: from the last one to end back to what each waited for.
 * Where all that it needs was built before it started, that is the build which made room: the last to end until then, on
 * the same drone if there is one.
 */
export function criticalChain(schedule: Schedule, needs: readonly (readonly number[])[]): ChainLink[] {
  const byEnd = schedule.builds.toSorted((a, b) => a.end - b.end);
  const built = new Map(byEnd.filter((b) => b.outcome === "built").map((b) => [b.index, b]));
  const chain: ChainLink[] = [];
  for (let build = byEnd.at(-1); build; ) {
    const { link, before } = whatWas(build, byEnd, built, needs[build.index] ?? []);
    chain.push(link);
    build = before;
  }
  return chain.reverse();
}

function whatWas(
  build: SimBuild,
  byEnd: readonly SimBuild[],
  built: ReadonlyMap<number, SimBuild>,
  needs: readonly number[],
): { link: ChainLink; before: SimBuild | undefined } {
  const { start } = build;
  const now = (end: number): boolean => end > start - SAME && end < start + SAME;
  let last: SimBuild | undefined;
  for (const need of needs) {
    const other = built.get(need);
    if (other && (!last || other.end > last.end)) last = other;
  }
  if (last && now(last.end)) return { link: { build, after: "needs" }, before: last };
  let room: SimBuild | undefined;
  for (let at = lastUntil(byEnd, start + SAME); at >= 0; at--) {
    const other = byEnd[at];
    if (!other || other.start >= start) continue;
    if (room && !now(other.end)) break;
    if (other.index === build.index) return { link: { build, after: "retry" }, before: other };
    if (!room || (room.drone !== build.drone && other.drone === build.drone)) room = other;
    if (!now(other.end)) break;
  }
  return room
    ? { link: { build, after: "room" }, before: room }
    : { link: { build, after: "nothing" }, before: undefined };
}

/** Position of the last build that ended until then. */
function lastUntil(byEnd: readonly SimBuild[], time: number): number {
  let low = 0;
  let high = byEnd.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((byEnd[middle]?.end ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
