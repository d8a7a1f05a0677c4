import type { Capacity } from "../model/outlook.ts";
import { type Placing, SchedulerDrone } from "./drone.ts";
import { bestPlace, type Place } from "./place.ts";
import { ReadyQueue } from "./readyQueue.ts";
import { type Holder, hasIdleCores, holders, improvements, type Movable, mostUrgentFirst } from "./relief.ts";
import { Running } from "./running.ts";
import { urgency } from "./sharing.ts";
import {
  type Constraint,
  type Decision,
  type Job,
  type Move,
  type Start,
  type Tuning,
  UNCONSTRAINED,
} from "./terms.ts";
import { secondsOn } from "./work.ts";

export * from "./terms.ts";

/** Packages that cannot be placed now are passed over so often in one decision; while nothing runs at all, without end. */
const MAX_PASSED_OVER = 200;

const NO_JOB: Job = {
  estimate: { work: 0, serial: 0, width: 1, memoryBytes: 0, memoryPerJobBytes: 0, sigma: 0 },
  groups: [],
};

/**
 * Decides what starts where, with how many jobs. A pure machine: it is told what became ready, what ended and what the
 * drones are, and asked for decisions; the same calls give the same answers. Times are handed in. A decision costs what
 * changed, not the graph.
 *
 * The rule: the longest remaining path first. Each gets the drone where it would finish first, its cores shared with what
 * runs there by urgency, as the drones do it (`sharing.ts`); but only where more urgent builds leave room (`Tuning`).
 */
export class Scheduler {
  readonly #jobs: readonly Job[];
  readonly #fetchSeconds: (index: number, drone: string) => number;
  readonly #drones = new Map<string, SchedulerDrone>();
  readonly #running = new Running();
  readonly #ready = new ReadyQueue();
  readonly #constraints = new Map<number, Constraint>();
  #tuning: Tuning;
  /** Seconds of the longest path from a package's start to the end of all that waits for it, by index. */
  #remaining: Float64Array;
  /** The biggest drone's cores: what `remaining` was computed with. */
  #cores = 1;
  #usable = 0;

  /** @param fetchSeconds that a drone would take to get what a package is built with (`warmth.ts`). */
  constructor(
    jobs: readonly Job[],
    remaining: Float64Array,
    tuning: Tuning,
    fetchSeconds: (index: number, drone: string) => number = () => 0,
  ) {
    this.#jobs = jobs;
    this.#fetchSeconds = fetchSeconds;
    this.#remaining = remaining;
    this.#tuning = tuning;
  }

  /** The drones of now. Builds of one that is gone stay counted until they are ended. */
  setDrones(capacities: readonly Capacity[]): void {
    for (const capacity of capacities) {
      const known = this.#drones.get(capacity.name);
      if (known) known.capacity = capacity;
      else this.#drones.set(capacity.name, new SchedulerDrone(capacity));
    }
    this.#cores = Math.max(1, ...capacities.map((c) => c.cores));
    this.#usable = [...this.#drones.values()].filter((d) => d.capacity.unusable === null).length;
  }

  /** New remaining paths or a new tuning: what is ready is put in its new order. */
  reorder(remaining: Float64Array, tuning: Tuning): void {
    this.#remaining = remaining;
    this.#tuning = tuning;
    for (const index of [...this.#ready]) this.#ready.add(index, this.#urgencyOf(index));
  }

  /** A package may start. */
  offer(index: number, constraint: Constraint = UNCONSTRAINED): void {
    this.#constrain(index, constraint);
    this.#ready.add(index, this.#urgencyOf(index));
  }

  get readyCount(): number {
    return this.#ready.size;
  }

  /** What may start, most urgent first. */
  ready(): number[] {
    return [...this.#ready];
  }

  /** A package must not start any more: it was blocked, or given away. */
  withdraw(index: number): void {
    this.#ready.remove(index);
    if (!this.#running.has(index)) this.#constraints.delete(index);
  }

  /**
   * A build runs that was not decided here: found after a restart.
   * @param used core-seconds that it has used. @param now ms since the epoch.
   */
  started(start: Start, alone: boolean, used: number, now: number, constraint: Constraint = UNCONSTRAINED): void {
    this.#constrain(start.index, { ...constraint, alone });
    this.#begin(start, now, used, 0);
  }

  /** A build was ended where it ran and begun anew on another drone. It stays there. */
  moved(start: Start, now: number): void {
    const known = this.progress(now).get(start.index) ?? 0;
    this.#running.end(start.index, now);
    this.#settle(start.index);
    this.#begin(start, now, 0, known);
  }

  /** A second build of what builds already was begun on another drone. @param used core-seconds that it has used. */
  copied(start: Start, now: number, used = 0): void {
    const known = this.progress(now).get(start.index) ?? 0;
    this.#settle(start.index);
    this.#begin(start, now, used, known);
  }

  /** Core-seconds that each running build should have used by now, by index; of two builds of a package the older one. */
  progress(now: number): Map<number, number> {
    return this.#running.progress(now);
  }

  /** A build has ended, however. @param drone only the build there: a second one goes on. */
  ended(index: number, now: number, drone?: string): void {
    this.#running.end(index, now, drone);
    if (!this.#running.has(index) && !this.#ready.has(index)) this.#constraints.delete(index);
  }

  /** Decides the starts and takes them as started. */
  decide(now: number): Decision {
    const starts: Start[] = [];
    let wakeAt: number | null = null;
    const open = new Set([...this.#drones.values()].filter((d) => d.capacity.unusable === null));
    for (const drone of open) drone.advance(now);
    const longest = this.#longest();
    let passedOver = this.#running.size === 0 ? Number.NEGATIVE_INFINITY : 0;
    for (const index of this.#ready) {
      const { notBefore } = this.#constraints.get(index) ?? UNCONSTRAINED;
      if (notBefore > now) {
        wakeAt = Math.min(wakeAt ?? notBefore, notBefore);
        continue;
      }
      // In the order of urgency: a drone without room for one has none for those after it.
      for (const drone of open) if (drone.isFull || this.#isCrowded(drone, index)) open.delete(drone);
      if (open.size === 0 || passedOver > MAX_PASSED_OVER) break;
      const placing = this.#placing(index);
      const place = this.#place(placing, open, longest);
      if (!place) {
        passedOver++;
        continue;
      }
      place.drone.start(placing, place.jobs, now);
      this.#running.add(index, place.drone);
      starts.push({ index, drone: place.drone.capacity.name, jobs: place.jobs });
    }
    for (const { index } of starts) this.withdraw(index);
    return { starts, wakeAt };
  }

  /**
   * Builds that would be done clearly sooner if they were begun anew on another drone, the most urgent first; each move
   * counts with the ones before it. Changes nothing.
   * @param movable which builds may be moved. What was moved before stays.
   */
  moves(now: number, movable: (index: number) => boolean): Move[] {
    const drones = [...this.#drones.values()];
    for (const drone of drones) drone.advance(now);
    const asked = mostUrgentFirst(drones).filter(({ index }) => movable(index));
    return this.#improvements(asked, now, false);
  }

  /**
   * The tail: cores idle, nothing waits that could use them, and a build holds everything. What would end that clearly
   * sooner, begun on another drone; no build is told twice once it was `moved` or `copied`. Changes nothing.
   * @param copies the older builds go on: a smaller gain is enough.
   */
  relief(now: number, copies: boolean): Move[] {
    const drones = [...this.#drones.values()];
    if (this.#running.size === 0 || !drones.some(hasIdleCores) || this.#hasWaiting(now)) return [];
    for (const drone of drones) drone.advance(now);
    return this.#improvements(holders(drones), now, copies);
  }

  /** Why a package that is ready cannot start on a drone now, or null. */
  refusal(index: number, name: string): string | null {
    const drone = this.#drones.get(name);
    if (!drone) return "is unknown";
    const { excluded } = this.#constraints.get(index) ?? UNCONSTRAINED;
    return (
      excluded.get(name) ??
      drone.refusal(this.#placing(index)) ??
      (this.#isCrowded(drone, index) ? "is kept for more urgent builds" : null)
    );
  }

  /** Seconds of the longest path after a package. */
  tailOf(index: number): number {
    const { estimate } = this.#jobs[index] ?? NO_JOB;
    return Math.max(0, this.#priority(index) - secondsOn(estimate, this.#cores));
  }

  /** The best of the drones that can take it now. */
  #place(placing: Placing, open: Iterable<SchedulerDrone>, longest: number): Place | null {
    const { excluded } = this.#constraints.get(placing.index) ?? UNCONSTRAINED;
    const places: Place[] = [];
    for (const drone of open) {
      if (excluded.has(drone.capacity.name) || drone.refusal(placing) !== null) continue;
      const jobs = drone.jobsFor(placing);
      const fetch = this.#fetchSeconds(placing.index, drone.capacity.name);
      places.push({ drone, jobs, finish: fetch + drone.finish(placing, jobs, Number.POSITIVE_INFINITY) });
    }
    return bestPlace(places, this.#tuning.patience * longest - placing.tail);
  }

  /** Seconds that the longest path still takes. */
  #longest(): number {
    let longest = this.#ready.keyOf(this.#ready.first() ?? -1);
    for (const drone of this.#drones.values()) for (const b of drone.builds()) longest = Math.max(longest, b.urgency);
    return longest;
  }

  /** Where there is only one drone, nothing could come to a better place by waiting. */
  #isCrowded(drone: SchedulerDrone, index: number): boolean {
    return (
      this.#usable > 1 && drone.loadAbove(this.#ready.keyOf(index)) >= this.#tuning.crowding * drone.capacity.cores
    );
  }

  #placing(index: number): Placing {
    const { estimate, groups } = this.#jobs[index] ?? NO_JOB;
    const { maxJobs, alone } = this.#constraints.get(index) ?? UNCONSTRAINED;
    return { index, estimate, groups, tail: this.tailOf(index), maxJobs, alone, known: 0 };
  }

  /** Whether a package is ready that a drone could take, now or when it has room. */
  #hasWaiting(now: number): boolean {
    const usable = [...this.#drones.values()].filter((drone) => drone.capacity.unusable === null);
    for (const index of this.#ready) {
      const { notBefore, excluded } = this.#constraints.get(index) ?? UNCONSTRAINED;
      if (notBefore <= now && usable.some((drone) => !excluded.has(drone.capacity.name))) return true;
    }
    return false;
  }

  #improvements(builds: readonly Holder[], now: number, copies: boolean): Move[] {
    const movables = builds.flatMap(({ index, from }): Movable[] => {
      const { excluded, settled } = this.#constraints.get(index) ?? UNCONSTRAINED;
      if (settled || this.#running.on(index).length > 1) return [];
      const fetchSeconds = (drone: string): number => this.#fetchSeconds(index, drone);
      return [{ placing: { ...this.#placing(index), known: from.usedBy(index) }, from, excluded, fetchSeconds }];
    });
    return improvements(movables, this.#drones.values(), now, copies);
  }

  #begin(start: Start, now: number, used: number, known: number): void {
    const { index, drone: name, jobs } = start;
    this.#ready.remove(index);
    const drone = this.#drones.get(name);
    if (!drone) return;
    drone.start({ ...this.#placing(index), known }, jobs, now, used);
    this.#running.add(index, drone);
  }

  #constrain(index: number, constraint: Constraint): void {
    if (constraint === UNCONSTRAINED) this.#constraints.delete(index);
    else this.#constraints.set(index, constraint);
  }

  #settle(index: number): void {
    this.#constraints.set(index, { ...(this.#constraints.get(index) ?? UNCONSTRAINED), settled: true });
  }

  #priority(index: number): number {
    return (this.#remaining[index] ?? 0) * (this.#tuning.bias?.[index] ?? 1);
  }

  #urgencyOf(index: number): number {
    const { estimate } = this.#jobs[index] ?? NO_JOB;
    return urgency({ tail: this.tailOf(index), work: estimate, sigma: estimate.sigma, used: 0 }, this.#cores);
  }
}
