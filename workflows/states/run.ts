import type { ResolveResult } from "../../model/activities.ts";
import { fromGraph } from "../../model/estimate.ts";
import type { BuildLimits } from "../../model/limits.ts";
import type { Outlook, RunningBuild, Standing } from "../../model/outlook.ts";
import type { PlanGraph } from "../../model/plan.ts";
import type { PackageView, RunCounts, RunStep, RunView } from "../../model/run.ts";
import { DEFAULT_TUNING, type Tuning } from "../../scheduler/scheduler.ts";
import { whyReadyWaits } from "../../scheduler/why.ts";
import type { Cost } from "../../scheduler/work.ts";
import type { PackageReport, WhyAnswer } from "../messages.ts";
import { applyFailure, freshRecord, type PackageRecord, unblockedRecord } from "./attempts.ts";
import { isShared, MassFailure } from "./massFailure.ts";
import { OutlookState } from "./outlook.ts";
import { Placement } from "./placement.ts";
import { type RunDroneRecord, RunDrones } from "./runDrones.ts";

/** One build that a drone has. */
export interface Delegation {
  index: number;
  cpv: string;
  attempt: number;
  drone: string;
  jobs: number;
  /** Nothing may run beside it. */
  alone: boolean;
  /** Seconds of the longest path that waits for it. */
  tail: number;
  startedAt: number;
}

/** What the workflow must do after a report. */
export interface ReportEffects {
  /** Drones that get a strike, with the reason. */
  strikes: { drone: string; reason: string }[];
  /** Drones whose strikes of late were nobody's fault. */
  forgive: string[];
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
}

/** The part of a run that is shown as it is. */
type RunHead = Omit<RunView, "counts" | "etaSeconds" | "etaRange" | "drones" | "failed" | "prioritized">;

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
  #graph: PlanGraph;
  #planIndex: number[];
  #placement: Placement;
  #tuning: Tuning = DEFAULT_TUNING;
  #prioritized: string[];
  #records: PackageRecord[];
  readonly #delegations: Map<number, Delegation>;
  readonly #mass: MassFailure;
  readonly #outlook = new OutlookState();
  readonly #limits: BuildLimits | undefined;

  constructor(
    start: { run: string; target: string; now: number; options: RunView["options"] } | SavedRun,
    limits?: BuildLimits,
  ) {
    this.#limits = limits;
    const saved = "head" in start ? start : null;
    this.#head =
      saved?.head ?? newHead(start as { run: string; target: string; now: number; options: RunView["options"] });
    this.#graph = saved?.graph ?? { packages: [] };
    this.#planIndex = saved?.planIndex ?? [];
    this.#records = this.#graph.packages.map(freshRecord);
    for (const [index, record] of saved?.records ?? []) this.#records[index] = record;
    this.#prioritized = saved?.prioritized ?? [];
    if (saved) this.#tuning = saved.tuning;
    this.#delegations = new Map((saved?.delegations ?? []).map((d) => [d.index, d]));
    this.drones = new RunDrones(saved?.drones);
    this.#mass = new MassFailure(saved?.mass);
    this.#placement = this.#place();
    const used = new Map(saved?.progress);
    for (const d of this.#delegations.values()) this.#placement.running(d, used.get(d.index) ?? 0, saved?.savedAt ?? 0);
  }

  #place(): Placement {
    const placement = new Placement(this.#graph, this.#records, (cpv) => this.drones.excluding(cpv), {
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
      graph: this.#graph,
      planIndex: this.#planIndex,
      records: [...this.#records.entries()].filter(([, r]) => r.state !== "needed" || r.attempts.length > 0),
      delegations: [...this.#delegations.values()],
      progress: [...this.#placement.progress(now)].map(([index, used]) => [index, Math.round(used)]),
      savedAt: now,
      tuning: { crowding: this.#tuning.crowding, patience: this.#tuning.patience },
      prioritized: this.#prioritized,
      drones: this.drones.all(),
      mass: this.#mass.save(),
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
    this.#graph = result.graph;
    this.#planIndex = result.planIndex;
    this.#records = result.graph.packages.map(freshRecord);
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
    const counts = this.counts();
    return this.#head.paused === null && this.#outlook.isWanted({ ...counts, drones: this.drones.capacities() }, now);
  }

  /** What a look ahead needs to know. */
  standing(now: number): Standing {
    const used = this.#placement.progress(now);
    const positions = [...this.#records.keys()];
    const { drones, delegations } = { drones: this.drones.capacities(), delegations: this.delegations() };
    this.#outlook.asked({ ...this.counts(), drones }, now);
    return {
      graph: this.#graph,
      received: positions.filter((i) => this.#record(i).state === "received"),
      given: positions.filter((i) => ["failed", "skipped"].includes(this.#record(i).state)),
      running: delegations.map((d) => ({ ...pick(d), used: used.get(d.index) ?? 0 })),
      drones,
    };
  }

  /** Takes what a look ahead said of the standing of `asked` (ms since the epoch). */
  foresee(outlook: Outlook | null, asked: number): void {
    this.#outlook.came(outlook, asked);
    if (!outlook) return;
    const { crowding, patience } = outlook;
    this.#tuning = { crowding, patience, ...(outlook.bias ? { bias: Float64Array.from(outlook.bias) } : {}) };
    this.#placement.tune(this.#tuning);
  }

  /** What a package is expected to cost. */
  estimate(index: number): Cost {
    return fromGraph(this.#graph.packages[index] ?? { estimate: 0 });
  }

  /** Decides what starts now and takes it as started. */
  start(now: number): { delegations: Delegation[]; wakeAt: number | null } {
    if (this.#head.paused) return { delegations: [], wakeAt: null };
    this.#placement.setDrones(this.drones.capacities());
    const decision = this.#placement.decide(now);
    const delegations = decision.starts.map((start): Delegation => {
      const record = this.#record(start.index);
      const attempt = (record.attempts.at(-1)?.attempt ?? 0) + 1;
      record.state = "delegated";
      record.attempts.push({ attempt, drone: start.drone, jobs: start.jobs, startedAt: now });
      const delegation = {
        ...start,
        cpv: this.#cpv(start.index),
        attempt,
        alone: record.memoryFailures > 0,
        tail: Math.round(this.#placement.tailOf(start.index)),
        startedAt: now,
      };
      this.#delegations.set(start.index, delegation);
      return delegation;
    });
    return { delegations, wakeAt: decision.wakeAt };
  }

  delegations(): Delegation[] {
    return [...this.#delegations.values()];
  }

  /** Whether that attempt is the one that the run waits for. */
  isCurrent(cpv: string, attempt: number): boolean {
    return this.delegations().some((d) => d.cpv === cpv && d.attempt === attempt);
  }

  /** Takes a child's report. A report of an attempt that is not the current one is of the past: noted, without effect. */
  report(report: PackageReport, now: number): ReportEffects {
    const effects: ReportEffects = { strikes: [], forgive: [] };
    const delegation = this.delegations().find((d) => d.cpv === report.cpv && d.attempt === report.attempt);
    if (!delegation) {
      this.note(`late report of ${report.cpv} (attempt ${report.attempt} on ${report.drone}): discarded`, now);
      return effects;
    }
    this.#delegations.delete(delegation.index);
    this.#placement.ended(delegation.index, now);
    const record = this.#record(delegation.index);
    const attempt = record.attempts.at(-1);
    if (attempt) attempt.endedAt = now;
    if (report.artifact) {
      record.state = "received";
      this.#placement.received(delegation.index);
      this.#mass.succeeded();
    } else if (report.failure) {
      if (attempt) attempt.failure = report.failure;
      this.#fail(delegation, report.failure, now, effects);
    } else {
      record.state = "needed";
    }
    this.#placement.changed(delegation.index);
    return effects;
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
      this.#records[index] = unblockedRecord(this.#record(index));
      return;
    }
    const usable = this.drones.capacities().filter((d) => d.unusable === null);
    const barred = new Set(this.drones.excluding(delegation.cpv).map(([name]) => name));
    const consequence = applyFailure(this.#record(index), drone, failure, now, (excluded) =>
      usable.some((d) => !excluded.includes(d.name) && !barred.has(d.name)),
    );
    if (consequence.strike) effects.strikes.push({ drone, reason: `${delegation.cpv}: ${failure.message}` });
    if (consequence.blocked) this.#block(index);
    const shared = this.#mass.failed(index, drone, failure.class);
    if (!shared) return;
    this.#unblock(shared.packages);
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
    return this.#records.every((r, i) => this.#isPresent(i) || (r.state !== "needed" && r.state !== "delegated"));
  }

  neededCount(): number {
    return this.#graph.packages.filter((p) => !p.present).length;
  }

  /** Why finalize cannot be taken now, or null. */
  finalizeRefusal(acceptFailed: boolean): string | null {
    const { step } = this.#head;
    if (step === "publish") return "the run is being published already: swarm status";
    if (step === "done") return `the run is published already as ${this.#head.snapshot ?? "nothing"}`;
    const counts = this.counts();
    const left = counts.needed + counts.delegated;
    if (step !== "gate") {
      return left > 0
        ? `too early: ${left} package${left === 1 ? "" : "s"} left, ${counts.delegated} of them building. Watch: swarm status`
        : `too early: the run is at the step ${step}`;
    }
    if (counts.received === 0)
      return "nothing was built: there is nothing to publish. Unblock or reset: swarm unblock, swarm reset";
    const bad = counts.failed + counts.skipped;
    if (bad > 0 && !acceptFailed) {
      return `${counts.failed} failed and ${counts.skipped} skipped: look with \`swarm verify\`, then swarm unblock, or publish without them: swarm finalize --accept-failed`;
    }
    return null;
  }

  /** Gives blocked packages another chance; returns what changed. @param names CPVs, or empty for all. */
  unblock(names: readonly string[]): string[] {
    const blocked = [...this.#records.keys()].filter((index) => {
      return this.#record(index).state === "failed" && (names.length === 0 || names.includes(this.#cpv(index)));
    });
    this.#unblock(blocked);
    return blocked.map((index) => this.#cpv(index));
  }

  /** Why these (CPVs) cannot be put first, or null. */
  prioritizeRefusal(names: readonly string[]): string | null {
    const built = new Set(this.#graph.packages.flatMap((p) => (p.present ? [] : [p.cpv])));
    const strange = names.filter((name) => !built.has(name));
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
  balance(): string[] {
    const moved: string[] = [];
    this.#records.forEach((record, index) => {
      if (record.state !== "needed" || record.notBefore === 0) return;
      record.notBefore = 0;
      this.#placement.changed(index);
      moved.push(this.#cpv(index));
    });
    return moved;
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
    const counts: RunCounts = { needed: 0, delegated: 0, received: 0, failed: 0, skipped: 0 };
    this.#records.forEach((record, index) => {
      if (!this.#isPresent(index)) counts[record.state]++;
    });
    return counts;
  }

  view(now: number): RunView {
    const delegations = this.delegations();
    return {
      ...this.#head,
      counts: this.counts(),
      ...this.#eta(now),
      ...this.#stillFirst(),
      drones: this.drones.all().map((d) => ({
        name: d.name,
        cores: d.cores,
        slots: d.slots,
        ...(d.speed === undefined ? {} : { speed: d.speed }),
        state: d.online ? (d.state === "unsynced" ? "syncing" : d.state) : "away",
        paused: d.paused,
        reason: d.grounded ?? d.reason,
        treeTime: d.report?.treeTime ?? null,
        building: delegations
          .filter((b) => b.drone === d.name)
          .map(({ cpv, attempt, startedAt, jobs }) => ({ cpv, attempt, startedAt, jobs })),
      })),
      failed: this.#records.flatMap((record, index) =>
        record.state === "failed"
          ? [
              {
                cpv: this.#cpv(index),
                message: record.attempts.findLast((a) => a.failure)?.failure?.message ?? "failed",
                drones: [...new Set(record.attempts.filter((a) => a.failure).map((a) => a.drone))],
              },
            ]
          : [],
      ),
    };
  }

  packages(): PackageView[] {
    return this.#graph.packages.flatMap((p, index) => {
      if (p.present) return [];
      const { state, attempts, cause } = this.#record(index);
      return [
        { cpv: p.cpv, state, reason: p.reason ?? "", attempts, ...(cause === null ? {} : { cause: this.#cpv(cause) }) },
      ];
    });
  }

  /** For each package named (all that wait, if none): why it is where it is. */
  why(names: readonly string[], now: number): WhyAnswer[] {
    return this.#graph.packages.flatMap((p, index) => {
      const record = this.#record(index);
      const asked = names.length > 0 ? names.includes(p.cpv) : record.state === "needed" && !p.present;
      if (!asked) return [];
      const state = p.present ? "present" : record.state;
      return [
        {
          cpv: p.cpv,
          state,
          reason: p.reason ?? "",
          why: p.present ? "the snapshot has it" : this.#whyOne(index, now),
        },
      ];
    });
  }

  #whyOne(index: number, now: number): string {
    const record = this.#record(index);
    const last = record.attempts.at(-1);
    switch (record.state) {
      case "received":
        return `built by ${last?.drone ?? "a drone"}, waits for finalize`;
      case "delegated":
        return `building on ${last?.drone ?? "a drone"}`;
      case "failed":
        return `blocked: ${record.attempts.findLast((a) => a.failure)?.failure?.message ?? "its builds failed"}`;
      case "skipped":
        return `blocked by ${record.cause === null ? "a failed package" : this.#cpv(record.cause)}, which failed`;
      case "needed":
        break;
    }
    if (this.#head.paused) return `the run is paused by ${this.#head.paused.by}: ${this.#head.paused.reason}`;
    if (!this.#placement.dependencies.isReady(index)) {
      const open = this.#placement.dependencies.waitsFor(index);
      const building = open.find((i) => this.#record(i).state === "delegated");
      const first = building ?? open[0];
      if (first === undefined) return "waits for its dependencies";
      const drone = this.#record(first).attempts.at(-1)?.drone;
      const where = building === undefined ? "which waits itself" : `which is building on ${drone ?? "a drone"}`;
      return `needs ${this.#cpv(first)}, ${where}${open.length > 1 ? ` (and ${open.length - 1} more)` : ""}`;
    }
    const reasons = this.drones
      .capacities()
      .map(({ name }) => ({ name, reason: this.#placement.refusal(index, name) }));
    return whyReadyWaits(reasons, record.notBefore, now);
  }

  #eta(now: number): Pick<RunView, "etaSeconds" | "etaRange"> {
    if (this.#head.step !== "build") return { etaSeconds: null, etaRange: null };
    const foreseen = this.#outlook.at(now);
    if (foreseen) return foreseen;
    const { path, work } = this.#placement.rest();
    const cores = this.drones.capacities().reduce((sum, d) => sum + (d.unusable === null ? d.cores : 0), 0);
    return { etaSeconds: cores === 0 ? null : Math.round(Math.max(work / cores, path)), etaRange: null };
  }

  /** Indexes of the packages put first and of what they need at run time; what those are built with is on their paths. */
  #first(): Set<number> {
    if (this.#prioritized.length === 0) return new Set();
    const names = new Set(this.#prioritized);
    const found = new Set(this.#graph.packages.flatMap((p, index) => (names.has(p.cpv) ? [index] : [])));
    for (const index of found) for (const need of this.#graph.packages[index]?.run ?? []) found.add(need);
    return found;
  }

  /** Those of the packages put first that are not built yet. */
  #stillFirst(): Pick<RunView, "prioritized"> {
    if (this.#prioritized.length === 0) return {};
    const built = new Set(this.packages().flatMap(({ cpv, state }) => (state === "received" ? [cpv] : [])));
    const left = this.#prioritized.filter((cpv) => !built.has(cpv));
    return left.length === 0 ? {} : { prioritized: left };
  }

  #block(index: number): void {
    for (const dependent of this.#placement.dependencies.dependents(index)) {
      const record = this.#record(dependent);
      if (record.state !== "needed" || this.#isPresent(dependent)) continue;
      record.state = "skipped";
      record.cause = index;
      this.#placement.changed(dependent);
    }
    this.#placement.pathsChanged();
  }

  /** Gives packages another chance, and what they alone kept from being built. */
  #unblock(indexes: readonly number[]): void {
    const wanted = new Set(indexes.filter((index) => !["received", "delegated"].includes(this.#record(index).state)));
    this.#records.forEach((record, i) => {
      const caused = record.state === "skipped" && record.cause !== null && wanted.has(record.cause);
      if (wanted.has(i) || caused) this.#records[i] = unblockedRecord(record);
    });
    // What another failed package still blocks stays skipped.
    this.#records.forEach((other, i) => {
      if (other.state === "failed") this.#block(i);
    });
    for (const i of this.#records.keys()) if (this.#record(i).state === "needed") this.#placement.changed(i);
    this.#placement.pathsChanged();
  }

  #record(index: number): PackageRecord {
    const record = this.#records[index];
    if (!record) throw new RangeError(`no package ${index} in the plan`);
    return record;
  }

  #cpv(index: number): string {
    return this.#graph.packages[index]?.cpv ?? `#${index}`;
  }

  #isPresent(index: number): boolean {
    return this.#graph.packages[index]?.present === true;
  }
}

function told(names: readonly string[]): string {
  const more = names.length - NAMES_TOLD;
  return names.slice(0, NAMES_TOLD).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const pick = ({ index, drone, jobs, tail }: Delegation): Omit<RunningBuild, "used"> => ({ index, drone, jobs, tail });

function newHead(start: { run: string; target: string; now: number; options: RunView["options"] }): RunHead {
  return {
    run: start.run,
    target: start.target,
    step: "sync",
    startedAt: start.now,
    endedAt: null,
    stepSince: start.now,
    paused: null,
    plan: null,
    tree: null,
    bundle: null,
    base: null,
    snapshot: null,
    reason: null,
    unresolvable: [],
    notices: [],
    events: [],
    options: start.options,
  };
}
