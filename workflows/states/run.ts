import type { ResolveResult } from "../../model/activities.ts";
import { fromGraph } from "../../model/estimate.ts";
import type { BuildLimits } from "../../model/limits.ts";
import type { QueuedOrder } from "../../model/orders.ts";
import type { Outlook, Standing } from "../../model/outlook.ts";
import type { PlanGraph } from "../../model/plan.ts";
import { isOver, type PackageView, type RunCounts, type RunStep, type RunView } from "../../model/run.ts";
import { DEFAULT_TUNING, type Tuning } from "../../scheduler/scheduler.ts";
import type { Move } from "../../scheduler/terms.ts";
import type { Cost } from "../../scheduler/work.ts";
import type { PackageReport, WhyAnswer } from "../messages.ts";
import type { PackageRecord } from "./attempts.ts";
import { endWaits, unblockNamed } from "./blocking.ts";
import { currentBuild, delegate, moveBuild, type Relocation } from "./builds.ts";
import { type Delegation, Delegations } from "./delegations.ts";
import { finalizeRefusal } from "./gate.ts";
import { MassFailure } from "./massFailure.ts";
import { Orders } from "./orders.ts";
import { OutlookState, type SavedOutlook } from "./outlook.ts";
import { Placement } from "./placement.ts";
import { firstOf, prioritize, prioritizeRefusal } from "./priorities.ts";
import { PackageRecords } from "./records.ts";
import { type ReportEffects, takeReport } from "./reports.ts";
import { type RunDroneRecord, RunDrones } from "./runDrones.ts";
import { type NewRun, newHead, note, pause, type RunHead } from "./runHead.ts";
import type { RunParts } from "./runParts.ts";
import { packageChanges, packageViews, runView, whyPackages } from "./runView.ts";
import { standing } from "./standing.ts";

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
  /** Absent in runs of earlier versions. */
  orders?: QueuedOrder[];
}

/**
 * The state machine of a run, without Temporal: the workflow tells it what happened and does what it decides.
 * All times come from outside, in ms since the epoch.
 */
export class RunState {
  readonly #run: RunParts;
  #planIndex: number[];
  #tuning: Tuning;

  constructor(start: NewRun | SavedRun, limits?: BuildLimits) {
    const saved = "head" in start ? start : null;
    this.#planIndex = saved?.planIndex ?? [];
    this.#tuning = saved?.tuning ?? DEFAULT_TUNING;
    const records = new PackageRecords(saved?.graph ?? { packages: [] }, saved?.records);
    const drones = new RunDrones(saved?.drones);
    const prioritized = saved?.prioritized ?? [];
    this.#run = {
      head: "head" in start ? start.head : newHead(start),
      ...{ records, drones, prioritized, limits },
      delegations: new Delegations(saved?.delegations),
      placement: this.#place({ records, drones, prioritized, limits }),
      outlook: new OutlookState(saved?.outlook),
      mass: new MassFailure(saved?.mass),
      orders: new Orders(saved?.orders),
    };
    const { delegations, placement } = this.#run;
    const used = new Map(saved?.progress);
    for (const d of delegations.all()) {
      const isFirst = delegations.of(d.index)[0] === d;
      placement.running(d, isFirst ? (used.get(d.index) ?? 0) : 0, saved?.savedAt ?? 0);
    }
  }

  #place(run: Pick<RunParts, "records" | "drones" | "prioritized" | "limits">): Placement {
    const { records, drones, limits } = run;
    const placement = new Placement(records, drones, {
      tuning: this.#tuning,
      prioritized: firstOf(run),
      ...(limits ? { limits } : {}),
    });
    placement.setDrones(drones.capacities());
    return placement;
  }

  get drones(): RunDrones {
    return this.#run.drones;
  }

  get orders(): Orders {
    return this.#run.orders;
  }

  save(now: number): SavedRun {
    return {
      head: this.#run.head,
      graph: this.#run.records.leanGraph(),
      planIndex: this.#planIndex,
      records: this.#run.records.save(),
      delegations: this.#run.delegations.all(),
      progress: [...this.#run.placement.progress(now)].map(([index, used]) => [index, Math.round(used)]),
      savedAt: now,
      tuning: { crowding: this.#tuning.crowding, patience: this.#tuning.patience },
      prioritized: this.#run.prioritized,
      drones: this.#run.drones.all(),
      mass: this.#run.mass.save(),
      outlook: this.#run.outlook.save(),
      orders: this.#run.orders.all(),
    };
  }

  get head(): Readonly<RunHead> {
    return this.#run.head;
  }

  /** Goes to a step; `reason` is what it waits for or what ended it. */
  enter(step: RunStep, now: number, reason: string | null = null): void {
    if (this.#run.head.step !== step) this.#run.head.stepSince = now;
    this.#run.head.step = step;
    this.#run.head.reason = reason;
    if (isOver(step)) this.#run.head.endedAt = now;
  }

  pin(pinned: { bundle: string; snapshot: string | null }): void {
    this.#run.head.bundle = pinned.bundle;
    this.#run.head.base = pinned.snapshot;
  }

  setTree(tree: string): void {
    this.#run.head.tree = tree;
  }

  setPlan(result: ResolveResult): void {
    this.#run.head.plan = result.plan;
    this.#run.head.unresolvable = result.unresolvable;
    this.#run.head.notices = result.notices;
    this.#planIndex = result.planIndex;
    this.#run.records = new PackageRecords(result.graph);
    this.#run.placement = this.#place(this.#run);
  }

  published(snapshot: string): void {
    this.#run.head.snapshot = snapshot;
  }

  note(text: string, now: number): void {
    note(this.#run.head, text, now);
  }

  /** Index in the plan of a package of the graph. */
  planIndex(index: number): number {
    return this.#planIndex[index] ?? -1;
  }

  /** Whether it is worth looking ahead now: there is no outlook, or the run has departed from it. */
  wantsOutlook(now: number): boolean {
    if (this.#run.head.paused !== null || !this.#run.outlook.isTime(this.#run.records.left().packages, now))
      return false;
    return this.#run.outlook.isWanted({ ...this.#run.records.left(), drones: this.#run.drones.capacities() });
  }

  /** What a look ahead needs to know: what is left, without all that was done. */
  standing(now: number): Standing {
    return standing(this.#run, now);
  }

  /** Takes what a look ahead said of the standing of `asked` (ms since the epoch). */
  foresee(outlook: Outlook | null, asked: number): void {
    this.#run.outlook.came(outlook, asked);
    if (!outlook) return;
    const { crowding, patience } = outlook;
    const bias = this.#run.outlook.bias(outlook, this.#run.records.graph.packages.length);
    this.#tuning = { crowding, patience, ...(bias ? { bias } : {}) };
    this.#run.placement.tune(this.#tuning);
  }

  /** What a package is expected to cost. */
  estimate(index: number): Cost {
    return fromGraph(this.#run.records.graph.packages[index] ?? { estimate: 0 });
  }

  /** Decides what starts now and takes it as started. */
  start(now: number): { delegations: Delegation[]; wakeAt: number | null } {
    if (this.#run.head.paused) return { delegations: [], wakeAt: null };
    this.#run.placement.setDrones(this.#run.drones.capacities());
    const { starts, wakeAt } = this.#run.placement.decide(now);
    return { delegations: starts.map((start) => delegate(this.#run, start, now)), wakeAt };
  }

  /** Begins anew, or a second time, what holds everything up and would be done clearly sooner elsewhere. */
  relieve(now: number): Relocation[] {
    // Beside another run a drone's cores come and go: what looks slow is soon not.
    if (this.#run.head.paused || this.#run.drones.isShared) return [];
    const copy = this.#run.limits?.speculate === true;
    return this.#run.placement.relief(now, copy).flatMap((move) => this.move(move, now, copy) ?? []);
  }

  /**
   * What would be done sooner if it were begun anew elsewhere; nothing is changed. None while the run is paused.
   * @param movable whether a package's build may be moved: each move counts with the ones before it.
   */
  betterPlaces(now: number, movable: (index: number) => boolean = () => true): (Move & { build: Delegation })[] {
    if (this.#run.head.paused) return [];
    return this.#run.placement.moves(now, movable).flatMap((move) => {
      const build = this.#run.delegations.of(move.index).find(({ drone }) => drone === move.from);
      return build ? [{ ...move, build }] : [];
    });
  }

  /** See `moveBuild`. */
  move(move: Move, now: number, copy = false): Relocation | null {
    return moveBuild(this.#run, move, now, copy);
  }

  delegations(): Delegation[] {
    return this.#run.delegations.all();
  }

  /** Whether the run waits for that attempt. */
  isCurrent(cpv: string, attempt: number): boolean {
    return currentBuild(this.#run, cpv, attempt) !== undefined;
  }

  /** Takes a child's report. */
  report(report: PackageReport, now: number): ReportEffects {
    return takeReport(this.#run, report, now);
  }

  /** Nothing is left that could be built. */
  isSettled(): boolean {
    return this.#run.records.left().packages === 0;
  }

  neededCount(): number {
    return this.#run.records.graph.packages.filter((p) => !p.present).length;
  }

  /** Why finalize cannot be taken now, or null. */
  finalizeRefusal(acceptFailed: boolean): string | null {
    return finalizeRefusal(this.#run.head, this.counts(), acceptFailed);
  }

  /** Gives blocked packages another chance; returns what changed. @param names CPVs, or empty for all. */
  unblock(names: readonly string[]): string[] {
    return unblockNamed(this.#run.records, this.#run.placement, names);
  }

  /** Why these (CPVs) cannot be put first, or null. */
  prioritizeRefusal(names: readonly string[]): string | null {
    return prioritizeRefusal(this.#run, names);
  }

  /** These (CPVs) and all that they need go first from now on, instead of those before; returns them. */
  prioritize(names: readonly string[], by: string, now: number, beside = false): string[] {
    return prioritize(this.#run, beside ? [...this.#run.prioritized, ...names] : names, by, now);
  }

  /** Forgets waits after infrastructure failures; returns the packages that may start at once by it. */
  endWaits(): string[] {
    return endWaits(this.#run.records, this.#run.placement);
  }

  pause(reason: string, by: string, now: number): void {
    pause(this.#run.head, reason, by, now);
  }

  resume(by: string, now: number): void {
    this.#run.head.paused = null;
    this.note(`resumed by ${by}`, now);
  }

  counts(): RunCounts {
    return this.#run.records.counts();
  }

  view(now: number): RunView {
    return runView(this.#run, now);
  }

  packages(): PackageView[] {
    return packageViews(this.#run);
  }

  /** What has changed of the packages since a revision; null: all. */
  changes(since: number | null): ReturnType<typeof packageChanges> {
    return packageChanges(this.#run, since);
  }

  /** For each package named (all that wait, if none): why it is where it is. */
  why(names: readonly string[], now: number): WhyAnswer[] {
    return whyPackages(this.#run, names, now);
  }

  /** Builds that the run could have at once, more or less: what runs and what is ready. */
  appetite(): number {
    return this.#run.head.paused ? 0 : this.delegations().length + this.#run.placement.readyCount();
  }
}
