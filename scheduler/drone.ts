import { diskOf } from "../model/estimate.ts";
import type { Capacity } from "../model/outlook.ts";
import { expected, finishes, type ModelBuild, proceed, rates, untilChange } from "./droneModel.ts";
import { lackOfDisk } from "./limits.ts";
import { urgency } from "./sharing.ts";
import { type Cost, meanCores, secondsOn } from "./work.ts";

/** A package that asks for a place. */
export interface Placing {
  index: number;
  estimate: Cost;
  /** Exclusive groups that it is of: no two of one group run on one drone. */
  groups: readonly number[];
  /** Seconds of the longest path after it. */
  tail: number;
  /** Upper bound of jobs, null: none. */
  maxJobs: number | null;
  /** Nothing may run beside it. */
  alone: boolean;
  /** Core-seconds that it is known to take at least: what a build of it elsewhere has used. */
  known: number;
}

/** A build as the scheduler follows it. */
export interface Build extends Omit<ModelBuild, "work"> {
  alone: boolean;
  groups: readonly number[];
  memoryBytes: number;
  diskBytes: number;
  /** Seconds from now to the end of all that waits for it. */
  urgency: number;
  /** Cores that it keeps busy on average. */
  load: number;
}

/** Part of the jobs that a package could use with which it starts at least. */
const LEAST_JOBS = 0.25;
/** A build that should have ended is followed in steps of this. Seconds. */
const LEAST_STEP = 1;

/** One drone in the scheduler's mind: what it builds, how far that should be, and what else it could take. */
export class SchedulerDrone {
  capacity: Capacity;
  readonly #builds = new Map<number, Build>();
  /** ms since the epoch: progress is as of then. */
  #at = 0;

  constructor(capacity: Capacity) {
    this.capacity = capacity;
  }

  builds(): readonly Build[] {
    return [...this.#builds.values()];
  }

  /** The same once more, to try something on. */
  copy(): SchedulerDrone {
    const copy = new SchedulerDrone(this.capacity);
    for (const build of this.#builds.values()) copy.#builds.set(build.index, { ...build });
    copy.#at = this.#at;
    return copy;
  }

  /** Brings the builds' expected progress to the time. */
  advance(now: number): void {
    let seconds = (now - this.#at) / 1000;
    if (seconds <= 0) return;
    this.#at = now;
    if (this.#builds.size === 0) return;
    const builds = [...this.#builds.values()];
    const { cores, speed } = this.capacity;
    while (seconds > 0) {
      const model = builds.map(expected);
      const rate = rates(model, cores, speed);
      const step = Math.min(seconds, Math.max(untilChange(model, rate), LEAST_STEP));
      proceed(builds, rate, step);
      seconds -= step;
    }
    for (const build of builds) build.urgency = urgency({ ...build, work: build.estimate }, cores);
  }

  /** @param used core-seconds that it has used already. */
  start(placing: Placing, jobs: number, now: number, used = 0): void {
    this.advance(now);
    this.#builds.set(placing.index, { ...this.#asBuild(placing, jobs), used });
  }

  end(index: number, now: number): void {
    this.advance(now);
    this.#builds.delete(index);
  }

  get isFull(): boolean {
    return this.#builds.size >= this.capacity.slots;
  }

  /** Cores that builds of at least this urgency keep busy on average. */
  loadAbove(least: number): number {
    let load = 0;
    for (const build of this.#builds.values()) if (build.urgency >= least) load += build.load;
    return load;
  }

  /** Why it cannot take the package beside what it builds, or null. Crowding is the scheduler's to judge. */
  refusal(placing: Placing): string | null {
    if (this.capacity.unusable !== null) return this.capacity.unusable;
    const builds = this.builds();
    if (builds.some((b) => b.alone)) return "runs a build that must be alone";
    if (placing.alone && builds.length > 0) return "must be empty for this build, which ran out of memory";
    if (this.isFull) return "full";
    if (placing.groups.length > 0 && builds.some((b) => b.groups.some((g) => placing.groups.includes(g)))) {
      return "builds another of its exclusive group";
    }
    if (this.jobsFor(placing) === 0) return "has too little memory free";
    const taken = builds.reduce((sum, b) => sum + b.diskBytes, 0);
    return lackOfDisk(this.capacity.diskBytes, diskOf(placing.estimate), taken);
  }

  /**
   * Jobs that it would give the package; 0 where its memory is not enough now: a build keeps its jobs to the end, so that
   * a wide one waits rather than crawl. An empty drone takes anything.
   */
  jobsFor({ estimate, maxJobs }: Placing): number {
    const { cores, memoryBytes, maxJobs: bound = cores } = this.capacity;
    const most = Math.max(1, Math.min(cores, bound, estimate.width, maxJobs ?? cores));
    if (memoryBytes === null) return most;
    let free = memoryBytes - estimate.memoryBytes;
    for (const build of this.#builds.values()) free -= build.memoryBytes;
    const fit = estimate.memoryPerJobBytes > 0 ? Math.floor(free / estimate.memoryPerJobBytes) : free >= 0 ? most : 0;
    if (this.#builds.size === 0) return Math.max(1, Math.min(most, fit));
    return fit < most * LEAST_JOBS ? 0 : Math.min(most, fit);
  }

  /** Seconds until the package would be done here, or more than `limit`. */
  finish(placing: Placing, jobs: number, limit: number): number {
    const { cores, speed } = this.capacity;
    const alone = secondsOn(placing.estimate, Math.min(jobs, cores)) / speed;
    if (alone >= limit || this.#builds.size === 0) return alone;
    const builds = [...this.#builds.values(), this.#asBuild(placing, jobs)].map(expected);
    return finishes(builds, cores, speed, placing.index).get(placing.index) ?? Number.POSITIVE_INFINITY;
  }

  /** Core-seconds that its build of the package should have used; 0 where it has none. */
  usedBy(index: number): number {
    return this.#builds.get(index)?.used ?? 0;
  }

  /** Seconds until each of its builds is done, by index. */
  finishes(): Map<number, number> {
    return finishes([...this.#builds.values()].map(expected), this.capacity.cores, this.capacity.speed);
  }

  #asBuild({ index, estimate, tail, alone, groups, known }: Placing, jobs: number): Build {
    const { cores } = this.capacity;
    const { sigma } = estimate;
    return {
      ...{ index, estimate, sigma, tail, jobs, used: 0, known, nice: null, alone, groups },
      memoryBytes: estimate.memoryBytes + jobs * estimate.memoryPerJobBytes,
      diskBytes: diskOf(estimate),
      urgency: urgency({ tail, work: estimate, sigma, used: 0, known }, cores),
      load: meanCores(estimate, Math.min(jobs, cores)),
    };
  }
}
