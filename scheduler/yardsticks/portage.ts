import type { GraphPackage } from "../packageGraph.ts";
import type { Policy, SimDrone } from "../simulate.ts";

/**
 * Portage's own parallel rule (`Scheduler._choose_pkg`), one package per drone with all its cores: the first of the merge
 * order that reaches, through its needs at any depth, nothing which is being built, or is still to be built and stands
 * before it. While nothing runs at all the first one starts in any case.
 *
 * As there, edges of broken cycles are followed. Unlike there, post-merge needs and installed packages are not: with them
 * it would wait for more, and a yardstick must not be made weak.
 */
export function portageRule(packages: readonly Pick<GraphPackage, "reaches">[], drones: readonly SimDrone[]): Policy {
  const free = drones.toSorted((a, b) => b.cores * b.speed - a.cores * a.speed);
  const where = new Map<number, SimDrone>();
  const built = new Uint8Array(packages.length);
  const ready = new Set<number>();
  /** What hindered a package when it was last asked: it still does while that is not built. */
  const hindrance = new Int32Array(packages.length).fill(-1);

  const hinderedBy = (index: number): number => {
    const seen = new Set([index]);
    const stack = [...(packages[index]?.reaches ?? [])];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (!built[node] && (node < index || where.has(node))) return node;
      stack.push(...(packages[node]?.reaches ?? []));
    }
    return -1;
  };
  const isFree = (index: number): boolean => {
    const known = hindrance[index] ?? -1;
    if (known !== -1 && !built[known] && (known < index || where.has(known))) return false;
    hindrance[index] = hinderedBy(index);
    return hindrance[index] === -1;
  };
  const release = (drone: SimDrone): void => {
    const at = free.findIndex((other) => other.cores * other.speed < drone.cores * drone.speed);
    free.splice(at === -1 ? free.length : at, 0, drone);
  };

  return {
    ready: (index) => void ready.add(index),
    ended(index, outcome) {
      const drone = where.get(index);
      where.delete(index);
      if (drone && outcome !== "lost") release(drone);
      if (outcome === "built") built[index] = 1;
    },
    lost(name) {
      const at = free.findIndex((drone) => drone.name === name);
      if (at !== -1) free.splice(at, 1);
    },
    decide() {
      const starts: ReturnType<Policy["decide"]> = [];
      const candidates = free.length === 0 ? [] : [...ready].sort((a, b) => a - b);
      for (const index of candidates) {
        const [drone] = free;
        if (!drone) break;
        if (where.size > 0 && !isFree(index)) continue;
        free.shift();
        ready.delete(index);
        where.set(index, drone);
        starts.push({ index, drone: drone.name, jobs: drone.cores, nice: 0, tail: 0 });
      }
      return starts;
    },
  };
}
