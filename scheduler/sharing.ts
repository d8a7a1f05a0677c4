import { expectedWork, secondsOn, type Work } from "./work.ts";

/**
 * How builds share a drone's cores. The drone gives each build a nice value by its urgency, again and again while it
 * runs; the kernel does the rest. The simulator counts with the same functions, so that its model is the mechanism's.
 */

/** The largest nice value: what Linux has. */
const MAX_NICE = 19;
/** A step of nice is this factor of processor time between two busy threads (Linux, sched_prio_to_weight). */
const NICE_FACTOR = 1.25;

/**
 * Processor time is shared in proportion to this power of urgency. More protects the critical build better, less is
 * kinder to what was underestimated: of two builds, the one half as urgent has nice 12.
 */
const SHARPNESS = 4;

/** What tells how urgent a running build is. */
export interface Urgent {
  /** Seconds of the longest path that waits for the package, after its own build. */
  tail: number;
  /** Its own estimate. */
  work: Work;
  sigma: number;
  /** Core-seconds that it has used so far. */
  used: number;
  /** Core-seconds that it is known to take at least, from another build of it. */
  known?: number;
}

/** Seconds from now to the end of everything that waits for this build, if nothing delayed it on `cores` cores. */
export function urgency({ tail, work, sigma, used, known = 0 }: Urgent, cores: number): number {
  if (work.work <= 0) return tail;
  const rest = (expectedWork(work.work, sigma, Math.max(used, known)) - used) / work.work;
  return expectedTail(tail, sigma) + secondsOn(work, cores) * rest;
}

/** Mean seconds of the path after a build: what waits for it is as uncertain as it is itself. */
export function expectedTail(tail: number, sigma: number): number {
  return tail * Math.exp((sigma * sigma) / 2);
}

/**
 * Nice values for the builds of one drone by their urgency: the most urgent gets 0. By degrees, not strictly in order:
 * estimates are wrong by factors, and what was taken for a filler may turn out to be what everything waits for.
 */
export function niceOf(urgencies: readonly number[]): number[] {
  const most = Math.max(1, ...urgencies);
  return urgencies.map((own) =>
    Math.min(MAX_NICE, Math.round((SHARPNESS * Math.log(most / Math.max(1, own))) / Math.log(NICE_FACTOR))),
  );
}

/** One build as the kernel sees it at a moment. */
export interface Demand {
  /** Threads that could run. */
  threads: number;
  nice: number;
}

/**
 * Cores that each build gets of a drone's: at most one for each thread, and what is scarce by weight (max-min fairness).
 * The weight is the build's, not its threads': each build is a session, and Linux's autogroups (or its cgroup) share
 * between sessions first.
 */
export function shareCores(demands: readonly Demand[], cores: number): Float64Array {
  const shares = new Float64Array(demands.length);
  /** 0: has all that it can use. */
  const weight = Float64Array.from(demands, (d) => (d.threads > 0 ? NICE_FACTOR ** -d.nice : 0));
  let left = cores;
  for (;;) {
    const total = weight.reduce((sum, each) => sum + each, 0);
    if (total <= 0) return shares;
    let sated = 0;
    let open = false;
    for (const [i, { threads }] of demands.entries()) {
      const own = weight[i] ?? 0;
      if (own === 0) continue;
      shares[i] = (own * left) / total;
      if (threads > (shares[i] ?? 0)) {
        open = true;
        continue;
      }
      shares[i] = threads;
      weight[i] = 0;
      sated += threads;
    }
    if (sated === 0 || !open) return shares;
    left -= sated;
  }
}
