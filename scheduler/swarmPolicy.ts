import { type Order, withFirst } from "./first.ts";
import { type Job, Scheduler, type Start, type Tuning, UNCONSTRAINED } from "./scheduler.ts";
import type { Policy, SimDrone, SimPackage, SimStart } from "./simulate.ts";
import { secondsOn } from "./work.ts";

/** Builds at once that a drone of so many cores has room for, where its configuration does not say. */
export const defaultSlots = (cores: number): number => Math.max(2, cores);

/** Seconds of the longest path from each package's start to the end of all that waits for it, on `cores` cores each. */
export function remainingPaths(packages: readonly SimPackage[], cores: number): Float64Array {
  const remaining = new Float64Array(packages.length);
  const dependents = packages.map(() => [] as number[]);
  const open = packages.map(() => 0);
  packages.forEach((p, i) => {
    for (const need of new Set(p.needs)) {
      dependents[need]?.push(i);
      open[i] = (open[i] ?? 0) + 1;
    }
  });
  const order = [...packages.keys()].filter((i) => open[i] === 0);
  for (const i of order) {
    for (const next of dependents[i] ?? []) {
      open[next] = (open[next] ?? 0) - 1;
      if (open[next] === 0) order.push(next);
    }
  }
  for (const i of order.reverse()) {
    const longest = Math.max(0, ...(dependents[i] ?? []).map((next) => remaining[next] ?? 0));
    remaining[i] = longest + secondsOn(packages[i]?.estimate ?? { work: 0, serial: 0, width: 1 }, cores);
  }
  return remaining;
}

/** Whether a package is one of these, or one of these needs it. */
function leadingTo(packages: readonly SimPackage[], these: ReadonlySet<number>): (index: number) => boolean {
  const leading = new Set(these);
  for (const index of leading) for (const need of packages[index]?.needs ?? []) leading.add(need);
  return (index) => leading.has(index);
}

/** What is done in the tail: nothing, critical builds begun anew on a better drone, or begun there a second time. */
export type Relief = "none" | "restart" | "copy";

/** The swarm's own scheduler as a policy of the simulator. */
export function swarmPolicy(
  packages: readonly SimPackage[],
  drones: readonly SimDrone[],
  tuning: Tuning,
  relief: Relief = "restart",
): Policy {
  const cores = Math.max(...drones.map((d) => d.cores));
  const remaining = remainingPaths(packages, cores);
  const jobs = packages.map(
    ({ estimate, sigma, memoryBytes = 0, memoryPerJobBytes = 0, diskBytes, groups = [] }): Job => ({
      estimate: {
        ...estimate,
        sigma,
        memoryBytes,
        memoryPerJobBytes,
        ...(diskBytes === undefined ? {} : { diskBytes }),
      },
      groups,
    }),
  );
  const first = new Set([...packages.keys()].filter((i) => packages[i]?.first));
  const order = (): Order => withFirst({ remaining, tuning }, first.size === 0 ? null : leadingTo(packages, first));
  const begin = order();
  const scheduler = new Scheduler(jobs, begin.remaining, begin.tuning);
  const lost = new Set<string>();
  const tell = (): void =>
    scheduler.setDrones(
      drones.map(({ name, cores, speed, slots = defaultSlots(cores), memoryBytes = null, diskBytes }) => ({
        ...{ name, cores, speed, slots, memoryBytes },
        ...(diskBytes === undefined ? {} : { diskBytes }),
        unusable: lost.has(name) ? "is lost" : null,
      })),
    );
  tell();
  const simStart = ({ index, drone, jobs: j }: Start): SimStart => ({
    ...{ index, drone, jobs: j, nice: null },
    tail: scheduler.tailOf(index),
  });
  return {
    started: (index, drone, jobs, used) => scheduler.started({ index, drone, jobs }, false, used, 0),
    ready(index) {
      const { excluded } = packages[index] ?? {};
      scheduler.offer(index, excluded ? { ...UNCONSTRAINED, excluded } : UNCONSTRAINED);
    },
    ended(index, outcome, now) {
      scheduler.ended(index, now * 1000);
      if (outcome !== "built" || !first.delete(index)) return;
      const next = order();
      scheduler.reorder(next.remaining, next.tuning);
    },
    dropped: (index, drone, now) => scheduler.ended(index, now * 1000, drone),
    lost(drone) {
      lost.add(drone);
      tell();
    },
    decide(now) {
      return scheduler.decide(now * 1000).starts.map(simStart);
    },
    relief(now) {
      if (relief === "none") return [];
      const copy = relief === "copy";
      return scheduler.relief(now * 1000, copy).map((move) => {
        if (copy) scheduler.copied(move, now * 1000);
        else scheduler.moved(move, now * 1000);
        return { ...simStart(move), from: move.from, copy };
      });
    },
  };
}
