import { diskOf, fromGraph } from "../../model/estimate.ts";
import type { BuildLimits } from "../../model/limits.ts";
import type { Capacity } from "../../model/outlook.ts";
import type { GraphPackage, PlanGraph } from "../../model/plan.ts";
import { withFirst } from "../../scheduler/first.ts";
import { DependencyGraph } from "../../scheduler/graph.ts";
import { NO_LIMITS, packageLimits } from "../../scheduler/limits.ts";
import {
  type Constraint,
  DEFAULT_TUNING,
  type Decision,
  type Job,
  Scheduler,
  type Start,
  type Tuning,
} from "../../scheduler/scheduler.ts";
import type { Move } from "../../scheduler/terms.ts";
import type { Warmth } from "../../scheduler/warmth.ts";
import { secondsOn } from "../../scheduler/work.ts";
import type { PackageRecord } from "./attempts.ts";
import type { Delegation } from "./delegations.ts";
import type { PackageRecords } from "./records.ts";
import type { RunDrones } from "./runDrones.ts";
import { noteReceived, warmthOf } from "./warm.ts";

/** So many are shown: one says already what to mend. */
const MAX_STUCK = 5;

/**
 * Between a run's records and the scheduler: knows which packages are ready, how long the paths are that hang on them,
 * and what the scheduler must hear when a record changes.
 */
export class Placement {
  readonly dependencies: DependencyGraph;
  readonly #records: PackageRecords;
  readonly #scheduler: Scheduler;
  readonly #warmth: Warmth;
  /** Bytes per second that a drone fetches, where that was measured. */
  #links: ReadonlyMap<string, number> = new Map();
  readonly #limits: BuildLimits;
  readonly #drones: Pick<RunDrones, "excluding" | "limits">;
  #tuning: Tuning;
  #prioritized: ReadonlySet<number>;
  #cores = 0;
  #droneLimits = "";
  /** Whether the paths must be measured anew before the next decision. */
  #stale = true;

  constructor(
    records: PackageRecords,
    drones: Pick<RunDrones, "excluding" | "limits">,
    {
      tuning = DEFAULT_TUNING,
      prioritized = new Set(),
      limits = NO_LIMITS,
    }: { tuning?: Tuning; prioritized?: ReadonlySet<number>; limits?: BuildLimits } = {},
  ) {
    this.#records = records;
    this.#drones = drones;
    this.#limits = limits;
    this.#tuning = tuning;
    this.#prioritized = prioritized;
    this.dependencies = new DependencyGraph(records.graph);
    const jobs = records.graph.packages.map((p) => jobOf(p, limits));
    this.#warmth = warmthOf(records);
    this.#scheduler = new Scheduler(jobs, new Float64Array(jobs.length), tuning, (index, drone) =>
      this.#warmth.secondsToFetch(index, drone, this.#links.get(drone) ?? null),
    );
    for (const index of records.in("received")) this.dependencies.receive(index);
    for (const index of records.in("needed")) this.changed(index);
  }

  /** A package's record has changed: it may start, or must not. Not for what builds. */
  changed(index: number): void {
    if (this.#records.isPresent(index)) return;
    const needed = this.#records.at(index).state === "needed";
    if (needed && this.dependencies.isReady(index)) this.#scheduler.offer(index, this.#constraint(index));
    else this.#scheduler.withdraw(index);
  }

  #constraint(index: number): Constraint {
    const record = this.#records.at(index);
    const failed = record.excluded.map((drone) => [drone, "failed it before"] as const);
    return {
      notBefore: record.notBefore,
      excluded: new Map([...this.barred(index), ...failed]),
      maxJobs: record.maxJobs,
      alone: record.memoryFailures > 0,
      settled: wasMoved(record),
    };
  }

  /** The drones that could never build a package, with the reason. */
  barred(index: number): [drone: string, reason: string][] {
    const p = this.#records.graph.packages[index] ?? { cpv: "", estimate: 0 };
    const memoryBytes = packageLimits(this.#limits, p.cpv).memoryBytes ?? 0;
    return this.#drones.excluding(p.cpv, { memoryBytes, diskBytes: diskOf(fromGraph(p)) });
  }

  /** What is ready though no drone could ever build it, with each drone's reason. At most a few. */
  stuck(drones: number): { index: number; barred: [drone: string, reason: string][] }[] {
    const found: ReturnType<Placement["stuck"]> = [];
    for (const index of drones === 0 ? [] : this.#scheduler.ready()) {
      const barred = this.barred(index);
      if (barred.length === drones) found.push({ index, barred });
      if (found.length === MAX_STUCK) break;
    }
    return found;
  }

  /** A package was received: what waits for it may start. */
  received(index: number): void {
    noteReceived(this.#warmth, index, this.#records.at(index));
    for (const ready of this.dependencies.receive(index)) this.changed(ready);
    if (this.#prioritized.has(index)) this.#stale = true;
  }

  /** Packages were blocked or unblocked: paths end there, or do not any more. */
  pathsChanged(): void {
    this.#stale = true;
  }

  /** A build that the records know runs. @param used core-seconds that it has used by then. */
  running(build: Delegation, used: number, now: number): void {
    this.#scheduler.started(build, build.alone, used, now, this.#constraint(build.index));
  }

  /** A second build of a package that runs already. */
  copied(copy: Start, now: number): void {
    this.#scheduler.copied(copy, now);
    this.#warmth.started(copy.index, copy.drone);
  }

  /** A build was begun anew elsewhere, and ended where it ran. */
  moved(start: Start, now: number): void {
    this.#scheduler.moved(start, now);
    this.#warmth.started(start.index, start.drone);
  }

  ended(index: number, now: number, drone: string): void {
    this.#scheduler.ended(index, now, drone);
  }

  /** What holds everything up and would be done clearly sooner elsewhere. @param copies a second build would do no harm. */
  relief(now: number, copies: boolean): Move[] {
    return this.#scheduler.relief(now, copies);
  }

  /** What would be done clearly sooner elsewhere. */
  moves(now: number, movable: (index: number) => boolean): Move[] {
    return this.#scheduler.moves(now, movable);
  }

  /** Indexes of what could start now. */
  ready(): number[] {
    return this.#scheduler.ready();
  }

  readyCount(): number {
    return this.#scheduler.readyCount;
  }

  tune(tuning: Tuning): void {
    this.#tuning = tuning;
    this.#stale = true;
  }

  prioritize(indexes: ReadonlySet<number>): void {
    this.#prioritized = indexes;
    this.#stale = true;
  }

  setDrones(drones: readonly Capacity[]): void {
    this.#scheduler.setDrones(drones);
    this.#links = new Map(drones.flatMap((d) => (d.linkBytesPerSecond ? [[d.name, d.linkBytesPerSecond]] : [])));
    // Another drone, or one that was restarted, may have other limits.
    const { limits } = this.#drones;
    if (limits !== this.#droneLimits) for (const index of this.#scheduler.ready()) this.changed(index);
    this.#droneLimits = limits;
    const cores = Math.max(1, ...drones.map((d) => d.cores));
    if (cores !== this.#cores) this.#stale = true;
    this.#cores = cores;
    if (this.#stale) this.#measure();
  }

  decide(now: number): Decision {
    const decision = this.#scheduler.decide(now);
    for (const { index, drone } of decision.starts) this.#warmth.started(index, drone);
    return decision;
  }

  refusal(index: number, drone: string): string | null {
    return this.#scheduler.refusal(index, drone);
  }

  tailOf(index: number): number {
    return this.#scheduler.tailOf(index);
  }

  /** Core-seconds that each running build should have used, by index. */
  progress(now: number): Map<number, number> {
    return this.#scheduler.progress(now);
  }

  /** These packages as a graph of their own, each with what of them it waits for. Costs and constraints stay. */
  left(indexes: readonly number[]): PlanGraph {
    const at = new Map(indexes.map((index, position) => [index, position]));
    return {
      packages: indexes.flatMap((index) => {
        const p = this.#records.graph.packages[index];
        if (!p) return [];
        const { reason: _told, ...cost } = p;
        return [{ ...cost, build: this.dependencies.waitsFor(index).flatMap((need) => at.get(need) ?? []), run: [] }];
      }),
    };
  }

  /** Seconds of the longest path of what is left, and core-seconds of all of it. */
  rest(): { path: number; work: number } {
    return { path: Math.max(0, ...this.#remaining()), work: this.#records.left().work };
  }

  #measure(): void {
    this.#stale = false;
    const leading = this.#leadingToFirst();
    const { remaining, tuning } = withFirst(
      { remaining: this.#remaining(), tuning: this.#tuning },
      leading && ((index) => (leading[index] ?? 0) > 0),
    );
    this.#scheduler.reorder(remaining, tuning);
  }

  /** Positive for each package that was put first or that one of those waits for; null while there is none to build. */
  #leadingToFirst(): Float64Array | null {
    const left = new Set([...this.#prioritized].filter((index) => this.#records.isLeft(index)));
    return left.size === 0 ? null : this.dependencies.remaining((index) => (left.has(index) ? 1 : 0));
  }

  #remaining(): Float64Array {
    const { packages } = this.#records.graph;
    return this.dependencies.remaining((index) => {
      const p = packages[index];
      return p && this.#records.isLeft(index) ? secondsOn(fromGraph(p), this.#cores) : 0;
    });
  }
}

/** A package as the scheduler takes it, with the operator's word on its memory and on what it must not run beside. */
function jobOf(p: GraphPackage, limits: BuildLimits): Job {
  const estimate = fromGraph(p);
  const { memoryBytes, groups } = packageLimits(limits, p.cpv);
  return { estimate: memoryBytes === null ? estimate : { ...estimate, memoryBytes, memoryPerJobBytes: 0 }, groups };
}

/** Once is enough: what is begun anew again and again is never done. */
const wasMoved = ({ attempts }: PackageRecord): boolean =>
  attempts.some((a) => a.supersededBy !== undefined || a.copyOf !== undefined);
