import type { RunningBuild } from "../model/outlook.ts";
import { type ModelBuild, proceed, rates, takeDone, untilChange } from "./droneModel.ts";
import type { Work } from "./work.ts";

/** A package as the simulator builds it. */
export interface SimPackage {
  estimate: Work;
  sigma: number;
  /** What it really takes. */
  truth: Work;
  /** Indices of packages that must be built before. */
  needs: readonly number[];
  /** Bytes of memory in all and for each job, and exclusive groups; absent: none. A build never needs more. */
  memoryBytes?: number;
  memoryPerJobBytes?: number;
  /** What its build takes of a disk. Absent: what is usual. */
  diskBytes?: number;
  groups?: readonly number[];
  /** Drones that may not build it, with the reason. */
  excluded?: ReadonlyMap<string, string>;
  /** It goes before all others, with what it needs. */
  first?: boolean;
}

export interface SimDrone {
  name: string;
  cores: number;
  speed: number;
  /** Builds at once; absent: as many as `defaultSlots` gives. */
  slots?: number;
  /** Memory for builds. Bytes; null or absent: no limit. */
  memoryBytes?: number | null;
  /** Disk for builds. Bytes; absent: no limit. */
  diskBytes?: number;
  /** Seconds after the start when it goes away for ever; what it builds then is lost. */
  lostAt?: number;
}

/** What starts, as a policy says it. */
export interface SimStart {
  index: number;
  drone: string;
  jobs: number;
  /** Null: by urgency, as the drones do it. */
  nice: number | null;
  /** Seconds of the longest path after the package: what urgency counts with. */
  tail: number;
}

/** What is begun on another drone though it builds: anew, or a second time (then the first to end counts). */
export interface SimRelief extends SimStart {
  from: string;
  copy: boolean;
}

/** What decides in a simulation. Times are seconds from its start. */
export interface Policy {
  /** A build runs from before the simulation's start. */
  started?(index: number, drone: string, jobs: number, used: number): void;
  /** A package may start: all that it needs is built. */
  ready(index: number, now: number): void;
  /** A build has ended: well, failed (it must be tried again), or lost with its drone. */
  ended(index: number, outcome: "built" | "failed" | "lost", now: number): void;
  /** One of the two builds of a package has ended, not well: the other goes on. */
  dropped?(index: number, drone: string, now: number): void;
  lost(drone: string, now: number): void;
  decide(now: number): SimStart[];
  /** Asked after each decision. */
  relief?(now: number): SimRelief[];
}

export interface SimBuild {
  index: number;
  drone: string;
  jobs: number;
  start: number;
  end: number;
  /** Dropped: begun anew elsewhere, or another build of it was done first. */
  outcome: "built" | "failed" | "lost" | "dropped";
}

/** Where core-seconds went that no build used. */
export interface IdleTime {
  /** Nothing more was ready: what could start had started. */
  dependencies: number;
  /** Something was ready and was held back. */
  heldBack: number;
  /** Everything had been started. */
  tail: number;
  /** After the drone was lost. */
  lost: number;
}

export interface Schedule {
  /** Seconds. */
  makespan: number;
  builds: SimBuild[];
  idle: IdleTime;
  /** Core-seconds' work of builds that were dropped. */
  wasted: number;
}

/** Part of its work that a build can have done at most while it runs. */
const ALMOST = 0.98;

type LaneBuild = ModelBuild & { start: number };

interface Lane {
  drone: SimDrone;
  builds: LaneBuild[];
  rate: Float64Array;
  lost: boolean;
}

/**
 * Runs a policy on a virtual clock: builds share their drones' cores as in `droneModel.ts`, with the true times.
 * @param fails whether a package's try number n (from 0) fails at its end.
 * @param running what runs from before.
 * @throws RangeError when the policy starts nothing though nothing runs.
 */
export function simulate(
  packages: readonly SimPackage[],
  drones: readonly SimDrone[],
  policy: Policy,
  fails: (index: number, tries: number) => boolean = () => false,
  running: readonly RunningBuild[] = [],
): Schedule {
  const lanes: Lane[] = drones.map((drone) => ({ drone, builds: [], rate: new Float64Array(), lost: false }));
  const open = packages.map((p) => new Set(p.needs).size);
  const dependents: number[][] = packages.map(() => []);
  packages.forEach((p, i) => {
    for (const need of new Set(p.needs)) dependents[need]?.push(i);
  });
  const schedule: Schedule = {
    makespan: 0,
    builds: [],
    idle: { dependencies: 0, heldBack: 0, tail: 0, lost: 0 },
    wasted: 0,
  };
  const copied = new Set<number>();
  const tries = new Int32Array(packages.length);
  let now = 0;
  let waiting = 0;
  let left = packages.length;
  let unstarted = packages.length;
  const offer = (index: number): void => {
    waiting++;
    policy.ready(index, now);
  };
  const record = (lane: Lane, { index, jobs, start }: LaneBuild, outcome: SimBuild["outcome"]): void => {
    schedule.builds.push({ index, drone: lane.drone.name, jobs, start, end: now, outcome });
  };
  const drop = (lane: Lane, build: LaneBuild): void => {
    lane.builds.splice(lane.builds.indexOf(build), 1);
    lane.rate = rates(lane.builds, lane.drone.cores, lane.drone.speed);
    schedule.wasted += build.used;
    record(lane, build, "dropped");
  };
  const find = (index: number): [Lane, LaneBuild] | null => {
    for (const lane of lanes) for (const build of lane.builds) if (build.index === index) return [lane, build];
    return null;
  };
  const end = (lane: Lane, build: LaneBuild, outcome: "built" | "failed" | "lost"): void => {
    const { index } = build;
    record(lane, build, outcome);
    const other = copied.delete(index) ? find(index) : null;
    if (other && outcome !== "built") {
      policy.dropped?.(index, lane.drone.name, now);
      return;
    }
    if (other) drop(...other);
    policy.ended(index, outcome, now);
    if (outcome !== "built") {
      unstarted++;
      offer(index);
      return;
    }
    left--;
    for (const next of dependents[index] ?? []) {
      const still = (open[next] ?? 0) - 1;
      open[next] = still;
      if (still === 0) offer(next);
    }
  };
  const place = ({ index, drone, jobs, tail, used }: RunningBuild, nice: number | null): void => {
    const lane = lanes.find((l) => l.drone.name === drone && !l.lost);
    const p = packages[index];
    if (!lane || !p) throw new RangeError(`package ${index} starts on ${drone}, which is not there`);
    const { estimate, sigma, truth: work } = p;
    lane.builds.push({ index, work, estimate, sigma, tail, jobs, used, nice, start: now });
    lane.rate = rates(lane.builds, lane.drone.cores, lane.drone.speed);
  };
  const begin = (): void => {
    for (const { nice, ...start } of policy.decide(now)) {
      place({ ...start, used: 0 }, nice);
      waiting--;
      unstarted--;
    }
    for (const { copy, from, nice, ...start } of policy.relief?.(now) ?? []) {
      const old = find(start.index);
      if (!old || old[0].drone.name !== from) throw new RangeError(`package ${start.index} does not build on ${from}`);
      if (copy) copied.add(start.index);
      else drop(...old);
      place({ ...start, used: 0 }, nice);
    }
  };

  for (const build of running) {
    const { truth } = packages[build.index] ?? { truth: { work: 0 } };
    // One that has outlived its time is about to end.
    place({ ...build, used: Math.min(build.used, truth.work * ALMOST) }, null);
    policy.started?.(build.index, build.drone, build.jobs, build.used);
    unstarted--;
  }
  const runs = new Set(running.map((build) => build.index));
  open.forEach((count, index) => {
    if (count === 0 && !runs.has(index)) offer(index);
  });
  begin();
  while (left > 0) {
    const losses = lanes.filter((l) => !l.lost).map((l) => (l.drone.lostAt ?? Number.POSITIVE_INFINITY) - now);
    const step = Math.max(0, Math.min(...lanes.map((l) => untilChange(l.builds, l.rate)), ...losses));
    if (!Number.isFinite(step)) throw new RangeError(`nothing runs, and ${left} packages are left`);
    for (const lane of lanes) {
      const used = lane.rate.reduce((sum, r) => sum + r, 0) / lane.drone.speed;
      const cause = lane.lost ? "lost" : unstarted === 0 ? "tail" : waiting > 0 ? "heldBack" : "dependencies";
      schedule.idle[cause] += (lane.drone.cores - used) * step;
      proceed(lane.builds, lane.rate, step);
    }
    now += step;
    for (const lane of lanes) {
      const changed = lane.builds.length > 0 && untilChange(lane.builds, lane.rate) !== Number.POSITIVE_INFINITY;
      for (const build of takeDone(lane.builds)) {
        const failed = fails(build.index, tries[build.index] ?? 0);
        tries[build.index] = (tries[build.index] ?? 0) + 1;
        end(lane, build, failed ? "failed" : "built");
      }
      if (!lane.lost && (lane.drone.lostAt ?? Number.POSITIVE_INFINITY) <= now) {
        lane.lost = true;
        policy.lost(lane.drone.name, now);
        for (const build of lane.builds.splice(0)) end(lane, build, "lost");
      }
      if (changed) lane.rate = rates(lane.builds, lane.drone.cores, lane.drone.speed);
    }
    begin();
  }
  schedule.makespan = now;
  return schedule;
}
