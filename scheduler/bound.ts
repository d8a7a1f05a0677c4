import type { SimDrone } from "./simulate.ts";
import { secondsOn, type Work } from "./work.ts";

/** What no schedule can beat. */
export interface LowerBound {
  /** Seconds: the larger of the two below. */
  seconds: number;
  /** Seconds until all cores together could have done the work. */
  byWork: number;
  /** Seconds of the longest path, each package alone on the drone that is fastest for it. */
  byPath: number;
  /** The packages of that path, first to last. */
  path: number[];
}

/** Times count as the drones that could take a package; a drone that will be lost counts as long as it is there. */
export function lowerBound(
  packages: readonly { work: Work; needs: readonly number[] }[],
  drones: readonly SimDrone[],
): LowerBound {
  const shortest = packages.map(({ work }) => Math.min(...drones.map((d) => secondsOn(work, d.cores) / d.speed)));
  const path = longestPath(
    packages.map((p) => p.needs),
    shortest,
  );
  const byPath = path.reduce((sum, i) => sum + (shortest[i] ?? 0), 0);
  const byWork = untilDone(
    packages.reduce((sum, p) => sum + p.work.work, 0),
    drones,
  );
  return { seconds: Math.max(byPath, byWork), byWork, byPath, path };
}

/** Seconds until the drones, all cores busy, have done so many core-seconds. Infinite where they are lost before. */
function untilDone(work: number, drones: readonly SimDrone[]): number {
  const last = (d: SimDrone): number => d.lostAt ?? Number.POSITIVE_INFINITY;
  let left = work;
  let now = 0;
  const there = drones.toSorted((a, b) => last(a) - last(b));
  while (there.length > 0) {
    const power = there.reduce((sum, d) => sum + d.cores * d.speed, 0);
    const first = there.shift();
    const until = first ? last(first) : now;
    if (left <= (until - now) * power) return now + left / power;
    left -= (until - now) * power;
    now = until;
  }
  return left > 0 ? Number.POSITIVE_INFINITY : now;
}

/** The path through the needs with the largest sum, first to last. The needs have no cycle. */
export function longestPath(needs: readonly (readonly number[])[], seconds: readonly number[]): number[] {
  const end = new Float64Array(needs.length);
  const via = new Int32Array(needs.length).fill(-1);
  const order = needsFirst(needs);
  for (const i of order) {
    for (const need of needs[i] ?? []) {
      if ((end[need] ?? 0) <= (end[i] ?? 0) && via[i] !== -1) continue;
      end[i] = end[need] ?? 0;
      via[i] = need;
    }
    end[i] = (end[i] ?? 0) + (seconds[i] ?? 0);
  }
  let last = -1;
  for (const i of order) if (last === -1 || (end[i] ?? 0) > (end[last] ?? 0)) last = i;
  const path: number[] = [];
  for (let at = last; at !== -1; at = via[at] ?? -1) path.push(at);
  return path.reverse();
}

/** All indices, each after what it needs. */
export function needsFirst(needs: readonly (readonly number[])[]): number[] {
  const waiters: number[][] = needs.map(() => []);
  const open = needs.map((own, i) => {
    const different = new Set(own);
    for (const need of different) waiters[need]?.push(i);
    return different.size;
  });
  const order = [...needs.keys()].filter((i) => open[i] === 0);
  for (const i of order) {
    for (const next of waiters[i] ?? []) {
      const left = (open[next] ?? 0) - 1;
      open[next] = left;
      if (left === 0) order.push(next);
    }
  }
  return order;
}
