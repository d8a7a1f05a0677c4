import { type Demand, niceOf, shareCores, urgency } from "./sharing.ts";
import { expectedWork, type Work } from "./work.ts";

/**
 * A drone's cores and the builds that share them, as a fluid: between two changes every build proceeds at a constant
 * rate. The scheduler runs it forward on estimates, the simulator on true times.
 *
 * Assumptions: a build has one thread while it unpacks and configures (half of its serial work), then
 * min(jobs, width) threads, then one again (link, install); the kernel shares cores by nice values as `shareCores` says;
 * memory bandwidth, caches and disk cost nothing; builds with the same nice are treated alike.
 */

/** A build on a drone. */
export interface ModelBuild {
  index: number;
  /** What it will take: the truth in the simulator, the estimate in the scheduler. */
  work: Work;
  /** What the scheduler knows of it. */
  estimate: Work;
  sigma: number;
  tail: number;
  jobs: number;
  /** Core-seconds done. */
  used: number;
  /** Core-seconds that it is known to take at least, from another build of it. */
  known?: number;
  /** Null: by urgency, as a drone does it; else fixed. */
  nice: number | null;
}

/** Work that is less than this is done. Core-seconds. */
const EPSILON = 1e-7;

/** Threads that a build could run at this point of its work. */
function threads({ work, jobs, used }: ModelBuild): number {
  return used >= work.serial / 2 - EPSILON && used < work.work - work.serial / 2 - EPSILON
    ? Math.max(1, Math.min(jobs, work.width))
    : 1;
}

/** Work until the number of its threads changes, or its end. Core-seconds. */
function toNextPhase({ work, used }: ModelBuild): number {
  for (const edge of [work.serial / 2, work.work - work.serial / 2, work.work]) {
    if (edge - used > EPSILON) return edge - used;
  }
  return 0;
}

const isDone = (build: ModelBuild): boolean => build.used >= build.work.work - EPSILON;

/** Nice values of builds that share `cores`, by the urgency that the drone sees. */
function nices(builds: readonly ModelBuild[], cores: number): number[] {
  if (builds.every((b) => b.nice !== null)) return builds.map((b) => b.nice ?? 0);
  const byUrgency = niceOf(builds.map((b) => urgency({ ...b, work: b.estimate }, cores)));
  return builds.map((b, i) => b.nice ?? byUrgency[i] ?? 0);
}

/** Core-seconds per second of each build. */
export function rates(builds: readonly ModelBuild[], cores: number, speed: number): Float64Array {
  const wanted = builds.map(threads);
  // Where there is enough for all, as often, no weights are needed.
  if (wanted.reduce((sum, each) => sum + each, 0) <= cores) return Float64Array.from(wanted, (each) => each * speed);
  const nice = nices(builds, cores);
  const demands = wanted.map((each, i): Demand => ({ threads: each, nice: nice[i] ?? 0 }));
  return shareCores(demands, cores).map((share) => share * speed);
}

/** Seconds until the first of the builds changes its phase or ends, at these rates. */
export function untilChange(builds: readonly ModelBuild[], rate: Float64Array): number {
  let first = Number.POSITIVE_INFINITY;
  builds.forEach((b, i) => {
    const own = rate[i] ?? 0;
    if (own > 0) first = Math.min(first, toNextPhase(b) / own);
  });
  return first;
}

/** Lets the builds run for some seconds at these rates. */
export function proceed(builds: readonly { used: number }[], rate: Float64Array, seconds: number): void {
  builds.forEach((b, i) => {
    b.used += (rate[i] ?? 0) * seconds;
  });
}

/** Takes out what is done. */
export function takeDone<B extends ModelBuild>(builds: B[]): B[] {
  const done = builds.filter(isDone);
  for (const build of done) builds.splice(builds.indexOf(build), 1);
  return done;
}

/** What the scheduler expects of a build that it started: its estimate, stretched where it has outlived it. */
export function expected(build: Omit<ModelBuild, "work">): ModelBuild {
  const { estimate, sigma, used, known = 0 } = build;
  const total = expectedWork(estimate.work, sigma, Math.max(used, known));
  const stretch = estimate.work > 0 ? total / estimate.work : 1;
  const work = { work: estimate.work * stretch, serial: estimate.serial * stretch, width: estimate.width };
  return { ...build, work };
}

/**
 * Seconds until each of the builds is done, by index, when they share the drone as expected and nothing else comes.
 * @param until ends with this one: of those after it nothing is told.
 */
export function finishes(
  builds: readonly ModelBuild[],
  cores: number,
  speed: number,
  until: number | null = null,
): Map<number, number> {
  const ends = new Map<number, number>();
  const nice = nices(builds, cores);
  const going = builds.map((b, i) => ({ ...b, nice: nice[i] ?? 0 }));
  for (let seconds = 0; going.length > 0; ) {
    const rate = rates(going, cores, speed);
    const step = untilChange(going, rate);
    if (!Number.isFinite(step)) break;
    proceed(going, rate, step);
    seconds += step;
    for (const { index } of takeDone(going)) ends.set(index, seconds);
    if (until !== null && ends.has(until)) break;
  }
  return ends;
}
