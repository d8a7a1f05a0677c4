import type { ResolveResult } from "../../model/activities.ts";
import { fromGraph } from "../../model/estimate.ts";
import type { BuildLimits } from "../../model/limits.ts";
import type { Outlook, RunningBuild, Standing } from "../../model/outlook.ts";
import type { PlanGraph } from "../../model/plan.ts";
import type { AttemptView, PackageView, RunCounts, RunStep, RunView } from "../../model/run.ts";
import { DEFAULT_TUNING, type Start, type Tuning } from "../../scheduler/scheduler.ts";
import type { Move } from "../../scheduler/terms.ts";
import type { Cost } from "../../scheduler/work.ts";
import type { PackageReport, WhyAnswer } from "../messages.ts";
import { applyFailure, type PackageRecord, unblockedRecord } from "./attempts.ts";
import { block, unblock } from "./blocking.ts";
import { type Delegation, Delegations } from "./delegations.ts";
import { finalizeRefusal } from "./gate.ts";
import { isShared, MassFailure } from "./massFailure.ts";
import { OutlookState, type SavedOutlook } from "./outlook.ts";
import { Placement } from "./placement.ts";
import { PackageRecords } from "./records.ts";
import { type RunDroneRecord, RunDrones } from "./runDrones.ts";
import { type NewRun, newHead, type RunHead } from "./runHead.ts";
import { packageViews, type RunParts, runView, whyPackages } from "./runView.ts";
import { noteSize } from "./warm.ts";

/** What the workflow must do after a report. */
export interface ReportEffects {
  /** Drones that get a strike, with the reason. */
  strikes: { drone: string; reason: string }[];
  /** Drones whose strikes of late were nobody's fault. */
  forgive: string[];
  /** Builds that nobody waits for any more. */
  cancel: Delegation[];
}

/** A run's state as it travels to the next run of the workflow: what can be derived stays out. */
export interface SavedRun {
  head: RunHead;
  graph: PlanGraph;
  planIndex: number[];
  /** Records that are not fresh, by index. */
  records: [number, PackageRecord][];
  delegations: Delegation[];
  /** Core-seconds that the delegations should have used, by index. */
  progress: [number, number][];
  savedAt: number;
  /** Its bias is left out: it is looked for again. */
  tuning: Omit<Tuning, "bias">;
  prioritized: string[];
  drones: RunDroneRecord[];
  mass: ReturnType<MassFailure["save"]>;
  outlook: SavedOutlook;
}

/** A build that is begun anew elsewhere. */
export interface Relocation {
  /** Must end; null where it goes on beside its copy. */
  stopped: Delegation | null;
  started: Delegation;
}

const MAX_EVENTS = 20;
/** Names in one event. */
const NAMES_TOLD = 5;
/** Who pauses a run in which everything fails. */
const SWARM = "the swarm";

/**
 * The state machine of a run, without Temporal: the workflow tells it what happened and does what it decides.
 * All times come from outside, in ms since the epoch.
 */
export class RunState {
  readonly drones: RunDrones;
  readonly #head: RunHead;
  #planIndex: number[];
  #placement: Placement;
  #tuning: Tuning = DEFAULT_TUNING;
  #prioritized: string[];
  #records: PackageRecords;
  readonly #delegations: Delegations;
  readonly #mass: MassFailure;
  readonly #outlook: OutlookState;
  readonly #limits: BuildLimits | undefined;

  constructor(start: NewRun | SavedRun, limits?: BuildLimits) {
    this.#limits = limits;
    const saved = "head" in start ? start : null;
    this.#head = "head" in start ? start.head : newHead(start);
    this.#planIndex = saved?.planIndex ?? [];
    this.#records = new PackageRecords(saved?.graph ?? { packages: [] }, saved?.records);
    this.#prioritized = saved?.prioritized ?? [];
    if (saved) this.#tuning = saved.tuning;
    this.#delegations = new Delegations(saved?.delegations);
    this.drones = new RunDrones(saved?.drones);
    this.#mass = new MassFailure(saved?.mass);
    this.#outlook = new OutlookState(saved?.outlook);
    this.#placement = this.#place();
    const used = new Map(saved?.progress);
    for (const d of this.#delegations.all()) {
      const isFirst = this.#delegations.of(d.index)[0] === d;
      this.#placement.running(d, isFirst ? (used.get(d.index) ?? 0) : 0, saved?.savedAt ?? 0);
    }
  }

  #place(): Placement {
    const placement = new Placement(this.#records, this.drones, {
      tuning: this.#tuning,
      prioritized: this.#first(),
      ...(this.#limits ? { limits: this.#limits } : {}),
    });
    placement.setDrones(this.drones.capacities());
    return placement;
  }

  save(now: number): SavedRun {
    return {
      head: this.#head,
      graph: this.#records.leanGraph(),
      planIndex: this.#planIndex,
      records: this.#records.save(),
      delegations: this.#delegations.all(),
      progress: [...this.#placement.progress(now)].map(([index, used]) => [index, Math.round(used)]),
      savedAt: now,
      tuning: { crowding: this.#tuning.crowding, patience: this.#tuning.patience },
      prioritized: this.#prioritized,
      drones: this.drones.all(),
      mass: this.#mass.save(),
      outlook: this.#outlook.save(),
    };
  }

  get head(): Readonly<RunHead> {
    return this.#head;
  }

  /** Goes to a step; `reason` is what it waits for or what ended it. */
  enter(step: RunStep, now: number, reason: string | null = null): void {
    if (this.#head.step !== step) this.#head.stepSince = now;
    this.#head.step = step;
    this.#head.reason = reason;
    if (step === "done" || step === "failed" || step === "cancelled") this.#head.endedAt = now;
  }

  pin(pinned: { bundle: string; snapshot: string | null }): void {
    this.#head.bundle = pinned.bundle;
    this.#head.base = pinned.snapshot;
  }

  setTree(tree: string): void {
    this.#head.tree = tree;
  }

  setPlan(result: ResolveResult): void {
    this.#head.plan = result.plan;
    this.#head.unresolvable = result.unresolvable;
    this.#head.notices = result.notices;
    this.#planIndex = result.planIndex;
    this.#records = new PackageRecords(result.graph);
    this.#placement = this.#place();
  }

  published(snapshot: string): void {
    this.#head.snapshot = snapshot;
  }

  note(text: string, now: number): void {
    this.#head.events.push({ at: now, text });
    if (this.#head.events.length > MAX_EVENTS) this.#head.events.shift();
  }

  /** Index in the plan of a package of the graph. */
  planIndex(index: number): number {
    return this.#planIndex[index] ?? -1;
  }

  /** Whether it is worth looking ahead now: there is no outlook, or the run has departed from it. */
  wantsOutlook(now: number): boolean {
    if (this.#head.paused !== null || !this.#outlook.isTime(this.#records.left().packages, now)) return false;
    return this.#outlook.isWanted({ ...this.#records.left(), drones: this.drones.capacities() });
  }

  /** What a look ahead needs to know: what is left, without all that was done. */
  standing(now: number): Standing {
    const used = this.#placement.progress(now);
    const drones = this.drones.capacities();
    const positions = this.#records.in("needed", "delegated");
    const at = new Map(positions.map((index, position) => [index, position]));
    const first = this.delegations().filter((d) => this.#delegations.of(d.index)[0] === d);
    this.#outlook.asked({ ...this.#records.left(), drones }, positions, now);
    return {
      graph: this.#placement.left(positions),
      ...{ received: [], given: [], drones },
      running: first.map((d) => ({ ...pick(d), index: at.get(d.index) ?? -1, used: used.get(d.index) ?? 0 })),
      ...(this.#limits ? { limits: this.#limits } : {}),
    };
  }

  /** Takes what a look ahead said of the standing of `asked` (ms since the epoch). */
  foresee(outlook: Outlook | null, asked: number): void {
    this.#outlook.came(outlook, asked);
    if (!outlook) return;
    const { crowding, patience } = outlook;
    const bias = this.#outlook.bias(outlook, this.#records.graph.packages.length);
    this.#tuning = { crowding, patience, ...(bias ? { bias } : {}) };
    this.#placement.tune(this.#tuning);
  }

  /** What a package is expected to cost. */
  estimate(index: number): Cost {
    return fromGraph(this.#records.graph.packages[index] ?? { estimate: 0 });
  }

  /** Decides what starts now and takes it as started. */
  start(now: number): { delegations: Delegation[]; wakeAt: number | null } {
    if (this.#head.paused) return { delegations: [], wakeAt: null };
    this.#placement.setDrones(this.drones.capacities());
    const { starts, wakeAt } = this.#placement.decide(now);
    return { delegations: starts.map((start) => this.#delegate(start, now)), wakeAt };
  }

  #delegate(start: Start, now: number): Delegation {
    const record = this.#records.at(start.index);
    const attempt = (record.attempts.at(-1)?.attempt ?? 0) + 1;
    record.state = "delegated";
    record.attempts.push({ attempt, drone: start.drone, jobs: start.jobs, startedAt: now });
    this.#records.changed(start.index);
    const delegation = {
      ...start,
      cpv: this.#records.cpv(start.index),
      attempt,
      alone: record.memoryFailures > 0,
      tail: Math.round(this.#placement.tailOf(start.index)),
      startedAt: now,
    };
    this.#delegations.add(delegation);
    return delegation;
  }

  /** Begins anew, or a second time, what holds everything up and would be done clearly sooner elsewhere. */
  relieve(now: number): Relocation[] {
    // Beside another run a drone's cores come and go: what looks slow is soon not.
    if (this.#head.paused || this.drones.isShared) return [];
    const copy = this.#limits?.speculate === true;
    return this.#placement.relief(now, copy).flatMap((move) => this.move(move, now, copy) ?? []);
  }

  /**
   * What would be done sooner if it were begun anew elsewhere; nothing is changed. None while the run is paused.
   * @param movable whether a package's build may be moved: each move counts with the ones before it.
   */
  betterPlaces(now: number, movable: (index: number) => boolean = () => true): (Move & { build: Delegation })[] {
    if (this.#head.paused) return [];
    return this.#placement.moves(now, movable).flatMap((move) => {
      const build = this.#delegations.of(move.index).find(({ drone }) => drone === move.from);
      return build ? [{ ...move, build }] : [];
    });
  }

  /**
   * Begins a build anew on another drone. Null where it does not run there any more.
   * @param copy the old one goes on: the first that is done counts.
   */
  move({ index, from, drone, jobs, here, there }: Move, now: number, copy = false): Relocation | null {
    const old = this.#delegations.of(index).find((d) => d.drone === from);
    if (!old) return null;
    const started = this.#delegate({ index, drone, jobs }, now);
    if (copy) {
      const attempt = this.#attempt(started);
      if (attempt) attempt.copyOf = old.attempt;
      this.#placement.copied(started, now);
    } else {
      this.#supersede(old, started, now);
      this.#placement.moved(started, now);
    }
    const sooner = `${minutes(there)} there, ${minutes(here)} on ${from}`;
    this.note(`${old.cpv} ${copy ? "is copied" : "moves"} to ${drone}: ${sooner}`, now);
    return { stopped: copy ? null : old, started };
  }

  #supersede(old: Delegation, by: Delegation, now: number): void {
    this.#delegations.remove(old);
    const attempt = this.#attempt(old);
    if (!attempt) return;
    attempt.endedAt = now;
    attempt.supersededBy = by.attempt;
  }

  #attempt({ index, attempt }: Delegation): AttemptView | undefined {
    return this.#records.at(index).attempts.find((each) => each.attempt === attempt);
  }

  delegations(): Delegation[] {
    return this.#delegations.all();
  }

  /** Whether the run waits for that attempt. */
  isCurrent(cpv: string, attempt: number): boolean {
    return this.#current(cpv, attempt) !== undefined;
  }

  /** That attempt, if the run waits for it. */
  #current(cpv: string, attempt: number): Delegation | undefined {
    const index = this.#records.indexOf(cpv);
    return index === undefined ? undefined : this.#delegations.of(index).find((d) => d.attempt === attempt);
  }

  /** Takes a child's report. A report of an attempt that the run does not wait for is of the past: noted, without effect. */
  report(report: PackageReport, now: number): ReportEffects {
    const effects: ReportEffects = { strikes: [], forgive: [], cancel: [] };
    const delegation = this.#current(report.cpv, report.attempt);
    if (!delegation) {
      if (report.cancelled) return effects;
      this.note(`late report of ${report.cpv} (attempt ${report.attempt} on ${report.drone}): discarded`, now);
      return effects;
    }
    const { index, drone } = delegation;
    this.#delegations.remove(delegation);
    this.#placement.ended(index, now, drone);
    const record = this.#records.at(index);
    const attempt = this.#attempt(delegation);
    if (attempt) attempt.endedAt = now;
    if (report.artifact) {
      record.state = "received";
      noteSize(record, report.artifact.size);
      this.#records.changed(index);
      this.#dropOthers(delegation, now, effects);
      this.#placement.received(index);
      this.#mass.succeeded();
    } else if (report.failure) {
      if (attempt) attempt.failure = report.failure;
      this.#fail(delegation, report.failure, now, effects);
    } else {
      record.state = "needed";
    }
    this.#stillRuns(delegation, now, effects);
    this.#changed(index);
    return effects;
  }

  /** After one of two builds of a package ended without success: the other one goes on, unless the package is given up. */
  #stillRuns(ended: Delegation, now: number, effects: ReportEffects): void {
    const record = this.#records.at(ended.index);
    if (this.#delegations.of(ended.index).length === 0) return;
    if (record.state === "needed") record.state = "delegated";
    else this.#dropOthers(ended, now, effects);
  }

  /** Ends the other builds of a package. */
  #dropOthers(winner: Delegation, now: number, effects: ReportEffects): void {
    for (const other of this.#delegations.of(winner.index)) {
      this.#supersede(other, winner, now);
      this.#placement.ended(other.index, now, other.drone);
      effects.cancel.push(other);
    }
  }

  #fail(
    delegation: Delegation,
    failure: NonNullable<PackageReport["failure"]>,
    now: number,
    effects: ReportEffects,
  ): void {
    const { index, drone } = delegation;
    // Also a lost drone: the fleet may notice later than the build did, and would give it work again until then.
    if (failure.class === "stale" || failure.class === "lost") this.drones.set(drone, "unsynced", failure.message);
    if (this.#head.paused?.by === SWARM && isShared(failure.class)) {
      // It was under way when the run was paused for what the drones share: that is its cause too.
      this.#records.replace(index, unblockedRecord(this.#records.at(index)));
      return;
    }
    const usable = this.drones.capacities().filter((d) => d.unusable === null);
    const barred = new Set(this.#placement.barred(index).map(([name]) => name));
    const consequence = applyFailure(this.#records.at(index), drone, failure, now, (excluded) =>
      usable.some((d) => !excluded.includes(d.name) && !barred.has(d.name)),
    );
    if (consequence.strike) effects.strikes.push({ drone, reason: `${delegation.cpv}: ${failure.message}` });
    if (consequence.blocked) block(this.#records, this.#placement, index);
    const shared = this.#mass.failed(index, drone, failure.class);
    if (!shared) return;
    unblock(this.#records, this.#placement, shared.packages);
    effects.strikes = [];
    effects.forgive = shared.drones;
    this.pause(
      `${shared.packages.length} packages failed on ${shared.drones.length} drones (${shared.drones.join(", ")}) with no ` +
        `success between: something that the drones share is broken. Last: ${delegation.cpv}: ${failure.message}. ` +
        "Look at `swarm logs`, mend it, then: swarm resume",
      SWARM,
      now,
    );
  }

  /** Nothing is left that could be built. */
  isSettled(): boolean {
    return this.#records.left().packages === 0;
  }

  neededCount(): number {
    return this.#records.graph.packages.filter((p) => !p.present).length;
  }

  /** Why finalize cannot be taken now, or null. */
  finalizeRefusal(acceptFailed: boolean): string | null {
    return finalizeRefusal(this.#head, this.counts(), acceptFailed);
  }

  /** Gives blocked packages another chance; returns what changed. @param names CPVs, or empty for all. */
  unblock(names: readonly string[]): string[] {
    const blocked = this.#records
      .in("failed")
      .filter((index) => names.length === 0 || names.includes(this.#records.cpv(index)));
    unblock(this.#records, this.#placement, blocked);
    return blocked.map((index) => this.#records.cpv(index));
  }

  /** Why these (CPVs) cannot be put first, or null. */
  prioritizeRefusal(names: readonly string[]): string | null {
    const strange = names.filter((name) => {
      const index = this.#records.indexOf(name);
      return index === undefined || this.#records.isPresent(index);
    });
    return strange.length === 0 ? null : `not among the packages that the run builds: ${told(strange)}`;
  }

  /**
   * These (CPVs) and all that they need go first from now on, instead of those before; with none, the longest path decides
   * alone again. Returns them.
   */
  prioritize(names: readonly string[], by: string, now: number): string[] {
    this.#prioritized = [...new Set(names)];
    this.#placement.prioritize(this.#first());
    this.note(names.length === 0 ? `${by}: nothing goes first any more` : `${by} put first ${told(names)}`, now);
    return this.#prioritized;
  }

  /** Forgets waits after infrastructure failures; returns the packages that may start at once by it. */
  endWaits(): string[] {
    const freed = this.#records.in("needed").filter((index) => this.#records.at(index).notBefore !== 0);
    for (const index of freed) {
      this.#records.at(index).notBefore = 0;
      this.#changed(index);
    }
    return freed.map((index) => this.#records.cpv(index));
  }

  pause(reason: string, by: string, now: number): void {
    this.#head.paused = { reason, by, since: now };
    this.note(`paused by ${by}: ${reason}`, now);
  }

  resume(by: string, now: number): void {
    this.#head.paused = null;
    this.note(`resumed by ${by}`, now);
  }

  counts(): RunCounts {
    return this.#records.counts();
  }

  view(now: number): RunView {
    return runView(this.#parts(), now);
  }

  packages(): PackageView[] {
    return packageViews(this.#parts());
  }

  /** For each package named (all that wait, if none): why it is where it is. */
  why(names: readonly string[], now: number): WhyAnswer[] {
    return whyPackages(this.#parts(), names, now);
  }

  #parts(): RunParts {
    return {
      head: this.#head,
      records: this.#records,
      delegations: this.#delegations,
      drones: this.drones,
      placement: this.#placement,
      outlook: this.#outlook,
      prioritized: this.#prioritized,
    };
  }

  /** Builds that the run could have at once, more or less: what runs and what is ready. */
  appetite(): number {
    return this.#head.paused ? 0 : this.delegations().length + this.#placement.readyCount();
  }

  /** Indexes of the packages put first and of what they need at run time; what those are built with is on their paths. */
  #first(): Set<number> {
    const found = new Set(this.#prioritized.flatMap((cpv) => this.#records.indexOf(cpv) ?? []));
    for (const index of found) for (const need of this.#records.graph.packages[index]?.run ?? []) found.add(need);
    return found;
  }

  /** A package's record has changed. */
  #changed(index: number): void {
    this.#records.changed(index);
    this.#placement.changed(index);
  }
}

function told(names: readonly string[]): string {
  const more = names.length - NAMES_TOLD;
  return names.slice(0, NAMES_TOLD).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const minutes = (seconds: number): string => `${Math.max(1, Math.round(seconds / 60))} min`;

const pick = ({ index, drone, jobs, tail }: Delegation): Omit<RunningBuild, "used"> => ({ index, drone, jobs, tail });
