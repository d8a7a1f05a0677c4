/**
 * The scheduler: a pure module. What may start, what runs and what the drones are -> what to start where, with how many
 * jobs and which priority. The workflow and the dry run call this one function; `why.ts` answers for what waits.
 *
 * Policy of this version: longest remaining path first, on the drone with the most free cores that has a free slot;
 * each slot gets its share of the drone's cores, the most critical build of a drone at normal priority.
 */

/** A drone as the scheduler counts with it. */
export interface Capacity {
  name: string;
  cores: number;
  slots: number;
  /** Null where it may get work now, else why not. */
  unusable: string | null;
}

/** A package that may start as far as its needs go. */
export interface Candidate {
  index: number;
  /** Seconds of the longest remaining path: more is more urgent. */
  remaining: number;
  /** ms since the epoch: not before this, after a failure of the infrastructure. */
  notBefore: number;
  /** Drones that failed it. */
  excluded: readonly string[];
  /** Upper bound of jobs after it ran out of memory. */
  maxJobs: number | null;
  /** Nothing may run beside it. */
  alone: boolean;
}

/** A build that runs. */
export interface Running {
  drone: string;
  jobs: number;
  alone: boolean;
}

export interface Start {
  index: number;
  drone: string;
  jobs: number;
  nice: number;
}

export interface Decision {
  starts: Start[];
  /** ms since the epoch when a waiting candidate may start, null where only events can change something. */
  wakeAt: number | null;
}

/** Nice value of a build beside a more critical one. */
const FILLER_NICE = 10;

/** Whether a drone could take the package now; null if it could, else why not. */
export function refusal(drone: Capacity, candidate: Candidate, running: readonly Running[]): string | null {
  const here = running.filter((build) => build.drone === drone.name);
  if (drone.unusable !== null) return drone.unusable;
  if (candidate.excluded.includes(drone.name)) return "failed it before";
  if (here.some((build) => build.alone)) return "runs a build that must be alone";
  if (candidate.alone && here.length > 0) return "must be empty for this build, which ran out of memory";
  if (here.length >= drone.slots) return "full";
  return null;
}

/** Decides the starts. Deterministic: the same input gives the same output. */
export function schedule(
  candidates: readonly Candidate[],
  drones: readonly Capacity[],
  running: readonly Running[],
  now: number,
): Decision {
  const starts: Start[] = [];
  const all: Running[] = [...running];
  let wakeAt: number | null = null;
  const usable = drones.filter((d) => d.unusable === null);
  // Only to stop early: what runs on a drone that is away takes nobody's slot.
  let freeSlots = usable.reduce(
    (sum, d) => sum + Math.max(0, d.slots - running.filter((build) => build.drone === d.name).length),
    0,
  );

  for (const candidate of candidates.toSorted((a, b) => b.remaining - a.remaining || a.index - b.index)) {
    if (candidate.notBefore > now) {
      wakeAt = Math.min(wakeAt ?? candidate.notBefore, candidate.notBefore);
      continue;
    }
    if (freeSlots <= 0) continue;
    const drone = usable
      .filter((d) => refusal(d, candidate, all) === null)
      .toSorted((a, b) => freeCores(b, all) - freeCores(a, all) || (a.name < b.name ? -1 : 1))[0];
    if (!drone) continue;
    const here = all.filter((build) => build.drone === drone.name).length;
    const share = Math.max(1, Math.floor(drone.cores / drone.slots));
    const jobs = Math.min(candidate.maxJobs ?? Number.POSITIVE_INFINITY, candidate.alone ? drone.cores : share);
    starts.push({ index: candidate.index, drone: drone.name, jobs, nice: here === 0 ? 0 : FILLER_NICE });
    all.push({ drone: drone.name, jobs, alone: candidate.alone });
    freeSlots--;
  }
  return { starts, wakeAt };
}

function freeCores(drone: Capacity, running: readonly Running[]): number {
  return running.reduce((free, build) => free - (build.drone === drone.name ? build.jobs : 0), drone.cores);
}

/** Seconds that the rest should take: the larger of the work spread over the cores and the longest path. */
export function estimateRest(workCoreSeconds: number, longestPath: number, drones: readonly Capacity[]): number | null {
  const cores = drones.reduce((sum, d) => sum + (d.unusable === null ? d.cores : 0), 0);
  return cores === 0 ? null : Math.round(Math.max(workCoreSeconds / cores, longestPath));
}
