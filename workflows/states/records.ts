import type { GraphPackage, PlanGraph } from "../../model/plan.ts";
import type { PackageState, RunCounts } from "../../model/run.ts";
import { freshRecord, type PackageRecord } from "./attempts.ts";
import { FailureLines } from "./failureLines.ts";

/**
 * The records of a run's packages, by their position in the graph, with what is asked of all of them kept up: nothing here
 * costs a look at each package.
 */
export class PackageRecords {
  readonly graph: PlanGraph;
  readonly #records: PackageRecord[];
  /** The state that each package is counted in; null for those that the snapshot has. */
  readonly #counted: (PackageState | null)[];
  readonly #positions: Map<string, number>;
  /** Counts changes; `#revisions` has for each package that of its last one. */
  #revision = 0;
  readonly #revisions: number[];
  readonly #counts: RunCounts = { needed: 0, delegated: 0, received: 0, failed: 0, skipped: 0 };
  #workLeft = 0;
  /** Of the attempts that failed. */
  readonly lines: FailureLines;

  /** @param saved records that are not fresh, by index. */
  constructor(graph: PlanGraph, saved: readonly [number, PackageRecord][] = []) {
    this.graph = graph;
    this.#records = graph.packages.map(freshRecord);
    for (const [index, record] of saved) this.#records[index] = record;
    this.lines = new FailureLines(saved.flatMap(([, { attempts }]) => attempts));
    this.#positions = new Map(graph.packages.map(({ cpv }, index) => [cpv, index]));
    this.#counted = graph.packages.map(() => null);
    this.#revisions = graph.packages.map(() => 0);
    for (const index of this.#records.keys()) this.changed(index);
  }

  /** The record itself: whoever changes it says so by `changed`. */
  at(index: number): PackageRecord {
    const record = this.#records[index];
    if (!record) throw new RangeError(`no package ${index} in the plan`);
    return record;
  }

  replace(index: number, record: PackageRecord): void {
    this.#records[index] = record;
    this.changed(index);
  }

  changed(index: number): void {
    if (this.isPresent(index)) return;
    this.#revisions[index] = ++this.#revision;
    const { state } = this.at(index);
    const before = this.#counted[index] ?? null;
    if (before === state) return;
    if (before !== null) this.#count(index, before, -1);
    this.#count(index, state, 1);
    this.#counted[index] = state;
  }

  #count(index: number, state: PackageState, by: 1 | -1): void {
    this.#counts[state] += by;
    if (isLeft(state)) this.#workLeft += by * (this.graph.packages[index]?.estimate ?? 0);
  }

  /** The number of changes so far. */
  get revision(): number {
    return this.#revision;
  }

  /** Indexes of the packages that have changed since that revision. */
  changedSince(revision: number): number[] {
    return [...this.indexes()].filter((index) => (this.#revisions[index] ?? 0) > revision);
  }

  cpv(index: number): string {
    return this.graph.packages[index]?.cpv ?? `#${index}`;
  }

  /** The position of a package, if the graph has it. */
  indexOf(cpv: string): number | undefined {
    return this.#positions.get(cpv);
  }

  isPresent(index: number): boolean {
    return this.graph.packages[index]?.present === true;
  }

  /** Whether it is still to be built. */
  isLeft(index: number): boolean {
    return !this.isPresent(index) && isLeft(this.at(index).state);
  }

  indexes(): IterableIterator<number> {
    return this.#records.keys();
  }

  /** Indexes of the packages in one of these states. */
  in(...states: PackageState[]): number[] {
    return [...this.indexes()].filter((index) => states.includes(this.at(index).state) && !this.isPresent(index));
  }

  counts(): RunCounts {
    return { ...this.#counts };
  }

  /** How many packages are still to be built, and their core-seconds. */
  left(): { packages: number; work: number } {
    return { packages: this.#counts.needed + this.#counts.delegated, work: Math.max(0, this.#workLeft) };
  }

  /**
   * The graph without what nobody asks of a package that was received: what it costs. A state that travels has a bound, and
   * the records of those grow it.
   */
  leanGraph(): PlanGraph {
    const packages = this.graph.packages.map((p, index): GraphPackage => {
      if (p.present || this.at(index).state !== "received") return p;
      const { cpv, build, run, reason } = p;
      return { cpv, estimate: 0, build, run, ...(reason === undefined ? {} : { reason }) };
    });
    return { packages };
  }

  /** Those that are not fresh, by index. */
  save(): [number, PackageRecord][] {
    return [...this.#records.entries()].filter(([, r]) => r.state !== "needed" || r.attempts.length > 0);
  }
}

const isLeft = (state: PackageState): boolean => state === "needed" || state === "delegated";
