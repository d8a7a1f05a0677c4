import type { Build, Placing, SchedulerDrone } from "./drone.ts";
import { expectedTail } from "./sharing.ts";
import type { Move } from "./terms.ts";

/**
 * What would be done sooner if it were begun on another drone. What a build has done so far is lost there, but how long
 * it went on tells of the package: both ways count with the same expected total work (`Placing.known`), so that one that
 * has outlived its estimate seems no shorter on a drone that is no faster.
 */

/** How much sooner it must be. */
interface Margin {
  /** `there` times this is still less than `here`. */
  factor: number;
  /** And `here` is at least so many seconds more. */
  seconds: number;
}

/** What was done is lost, and the other drone must fetch and unpack anew. */
const RESTART: Margin = { factor: 1.25, seconds: 60 };
/** The older build goes on: nothing is lost but cores that were idle. */
const COPY: Margin = { factor: 1.05, seconds: 20 };

/** A build holds everything where it and what waits for it end within this part of the latest. */
const NEAR_LATEST = 0.97;
/** What ends later by no more than this part, or a second, is not delayed. */
const DELAY = 0.02;

/** A build that may be begun elsewhere. */
export interface Movable {
  placing: Placing;
  from: SchedulerDrone;
  /** Drones that may not build it. */
  excluded: ReadonlyMap<string, string>;
  /** Seconds that a drone would take to get what it is built with. */
  fetchSeconds: (drone: string) => number;
}

/**
 * The moves that pay, in the order of `movables`; each counts with the ones before it. No limit of a drone is overstepped,
 * and nothing that waits for what the other drone builds is held up longer than the moved build itself was.
 * @param copies the older builds go on. Otherwise they count as ended.
 */
export function improvements(
  movables: readonly Movable[],
  drones: Iterable<SchedulerDrone>,
  now: number,
  copies: boolean,
): Move[] {
  const margin = copies ? COPY : RESTART;
  const at = new Map([...drones].map((drone) => [drone.capacity.name, drone]));
  const moves: Move[] = [];
  for (const { placing, from, excluded, fetchSeconds } of movables) {
    const { index } = placing;
    const source = at.get(from.capacity.name) ?? from;
    const here = source.finishes().get(index) ?? 0;
    let best: { move: Move; trial: SchedulerDrone } | null = null;
    for (const [name, drone] of at) {
      if (drone === source || excluded.has(name) || drone.refusal(placing) !== null) continue;
      const trial = drone.copy();
      const jobs = drone.jobsFor(placing);
      trial.start(placing, jobs, now);
      const there = fetchSeconds(name) + worstEnd(placing, drone, trial);
      if (there * margin.factor >= here || here - there < margin.seconds) continue;
      if (best === null || there < best.move.there) {
        best = { move: { index, from: from.capacity.name, drone: name, jobs, here, there }, trial };
      }
    }
    if (best === null) continue;
    moves.push(best.move);
    at.set(best.move.drone, best.trial);
    if (copies) continue;
    const rest = source.copy();
    rest.end(index, now);
    at.set(from.capacity.name, rest);
  }
  return moves;
}

/** Seconds until the package is done on `after`, or later by as much as what it delays there holds up more than it. */
function worstEnd(placing: Placing, before: SchedulerDrone, after: SchedulerDrone): number {
  const was = before.finishes();
  const will = after.finishes();
  const own = expectedTail(placing.tail, placing.estimate.sigma);
  let worst = will.get(placing.index) ?? Number.POSITIVE_INFINITY;
  for (const build of before.builds()) {
    const tail = tailOf(build);
    const [then, now] = [was.get(build.index) ?? 0, will.get(build.index) ?? 0];
    if (now - then > Math.max(1, DELAY * (then + tail))) worst = Math.max(worst, now + tail - own);
  }
  return worst;
}

/** A build and where it runs. */
export interface Holder {
  index: number;
  from: SchedulerDrone;
}

/**
 * The builds that hold everything, the latest first: what they and all that waits for them take is near the longest.
 * A package that builds twice counts where it ends first.
 */
export function holders(drones: Iterable<SchedulerDrone>): Holder[] {
  const ends = new Map<number, Holder & { end: number }>();
  for (const from of drones) {
    const finishes = from.finishes();
    for (const build of from.builds()) {
      const { index } = build;
      const end = (finishes.get(index) ?? 0) + tailOf(build);
      if (end < (ends.get(index)?.end ?? Number.POSITIVE_INFINITY)) ends.set(index, { index, from, end });
    }
  }
  const sorted = [...ends.values()].sort((a, b) => b.end - a.end || a.index - b.index);
  const latest = sorted[0]?.end ?? 0;
  return sorted.filter(({ end }) => end >= NEAR_LATEST * latest);
}

/** All builds. */
export function mostUrgentFirst(drones: readonly SchedulerDrone[]): Holder[] {
  return drones
    .flatMap((from) => from.builds().map(({ index, urgency }) => ({ index, urgency, from })))
    .sort((a, b) => b.urgency - a.urgency || a.index - b.index);
}

const tailOf = ({ tail, sigma }: Build): number => expectedTail(tail, sigma);

/** Whether a core idles on a drone that could take another build. */
export function hasIdleCores(drone: SchedulerDrone): boolean {
  const { unusable, cores } = drone.capacity;
  return unusable === null && !drone.isFull && cores - drone.loadAbove(0) >= 1;
}
