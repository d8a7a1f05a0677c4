import type { Client } from "@temporalio/client";
import type { SwarmConfig } from "../config/schema.ts";
import {
  diskLevel,
  type Observation,
  type ObservedDisk,
  type ObservedRun,
  type RunStarts,
  type Seen,
} from "../model/alerts.ts";
import { messageOf } from "../model/errors.ts";
import { isOver, RUN_STEPS, type RunRecord, type RunView } from "../model/run.ts";
import { freeBytes } from "../system/disk.ts";
import { FLEET_ID, fleetQuery, worldUpdateId } from "../workflows/messages.ts";
import { askWorkflow, pendingActivities } from "./engine.ts";
import { digestOf, type RunStart, stalled, startOf } from "./observation.ts";
import { readRun } from "./readModel.ts";
import { listRuns } from "./runs.ts";

/** More blocked packages than this say nothing new. */
const MAX_FAILED = 100;
/** Of the runs that the engine lists: more than there are targets. */
const MAX_RUNS = 200;

interface Looked {
  run: ObservedRun;
  start: RunStart | null;
}

type Machines = Pick<Observation, "drones" | "disks">;

const isDrone = ({ name }: ObservedDisk): boolean => name.startsWith("drone ");

/**
 * Reads of the swarm what the rules of the alerts ask for. Of what does not answer now, it keeps what was seen last, by it or
 * before by another process: alerts of the others go on.
 */
export class Observer {
  readonly #client: Client;
  readonly #config: SwarmConfig;
  /** Why runs failed, by execution: that does not change any more. */
  readonly #reasons = new Map<string, string | null>();
  /** What was seen last, by target. */
  readonly #seen = new Map<string, Looked>();
  #machinesSeen: Machines | null = null;
  /** When this process looked last. */
  #lookedAt = 0;
  readonly #silent = new Set<string>();

  constructor(client: Client, config: SwarmConfig) {
    this.#client = client;
    this.#config = config;
  }

  /** What did not answer in the last look, in words; empty: all did. */
  get problem(): string {
    return [...this.#silent].sort().join("; ");
  }

  /** @param starts those of the observation before. @param seen what was seen last, in whatever process. */
  async observe(starts: RunStarts, seen?: Seen): Promise<Observation> {
    const { channels, ...rules } = this.#config.alerts;
    const at = Date.now();
    this.#silent.clear();
    if (seen && seen.at > this.#lookedAt) this.#takeOver(seen, starts);
    const [machines, records] = await Promise.all([this.#machines(), listRuns(this.#client, MAX_RUNS)]);
    const newest = [...Map.groupBy(records, ({ target }) => target).values()].flatMap(([first]) => first ?? []);
    const found = await Promise.all([
      ...newest.map((record) => this.#run(record, starts[record.run], at)),
      ...this.#unlisted(newest).map(({ run, target }) => this.#goingOn(run, target, starts[run], at)),
    ]);
    const looked = found.filter((each) => each !== null);
    for (const each of looked) this.#seen.set(each.run.target, each);
    this.#lookedAt = at;
    const now = {
      rules,
      channels: channels.map(({ name, minSeverity }) => ({ name, minSeverity })),
      drones: machines.drones,
      disks: [...machines.disks, ...(await this.#binhostDisk())],
      runs: looked.map(({ run }) => run),
      lastRunAt: newest.length === 0 ? null : Math.max(...newest.map(({ startedAt }) => startedAt)),
    };
    const begun = looked.flatMap(({ run, start }) => (start ? [[run.run, start] as const] : []));
    return { at, digest: digestOf(now), ...now, starts: Object.fromEntries(begun) };
  }

  /** Another process looked after this one. */
  #takeOver({ drones, disks, runs }: Seen, starts: RunStarts): void {
    this.#machinesSeen = { drones, disks: disks.filter(isDrone) };
    this.#seen.clear();
    for (const run of runs) this.#seen.set(run.target, { run, start: starts[run.run] ?? null });
  }

  /** Runs that go on as far as one knows, and are not listed: the engine's list comes somewhat later. */
  #unlisted(listed: readonly RunRecord[]): ObservedRun[] {
    const targets = new Set(listed.map(({ target }) => target));
    return [...this.#seen.values()].flatMap(({ run }) => (targets.has(run.target) || isOver(run.step) ? [] : [run]));
  }

  async #machines(): Promise<Machines> {
    try {
      const { drones } = await askWorkflow(this.#client, FLEET_ID, fleetQuery);
      this.#machinesSeen = {
        drones: drones.map(({ facts, state, since, grounded }) => ({ name: facts.name, state, since, grounded })),
        disks: drones.map(({ facts }) => this.#disk(`drone ${facts.name}`, facts.diskFreeBytes)),
      };
    } catch (error) {
      if (error instanceof Error && error.name === "WorkflowNotFoundError") return { drones: [], disks: [] };
      if (this.#machinesSeen === null) throw error;
      this.#silent.add(`the fleet: ${messageOf(error)}`);
    }
    return this.#machinesSeen;
  }

  #disk(name: string, free: number): ObservedDisk {
    return { name, freeBytes: free, level: diskLevel(free, this.#config.alerts.lowDiskGib) };
  }

  /** Nothing where the binhost is on another machine. */
  async #binhostDisk(): Promise<ObservedDisk[]> {
    const { dir, name } = this.#config.binhost;
    const free = await freeBytes(dir).catch(() => null);
    return free === null ? [] : [this.#disk(`binhost ${name}`, free)];
  }

  /** Null: the run does not answer, and never did. */
  async #run(record: RunRecord, before: RunStart | undefined, at: number): Promise<Looked | null> {
    if (record.status !== "RUNNING") return { run: await this.#ended(record), start: null };
    return await this.#goingOn(record.run, record.target, before, at);
  }

  async #goingOn(run: string, target: string, before: RunStart | undefined, at: number): Promise<Looked | null> {
    const { run: view, runProblem } = await readRun(this.#client, target);
    const last = this.#seen.get(target);
    const known = last?.run.run === run ? last : null;
    if (view === null) {
      this.#silent.add(runProblem ?? `the run of ${target} is gone`);
      if (runProblem !== null) return known;
      this.#seen.delete(target);
      return null;
    }
    const start = startOf(view, before, at);
    return {
      start,
      run: {
        run: view.run,
        target,
        step: view.step,
        reason: view.reason,
        paused: view.paused,
        left: view.counts.needed + view.counts.delegated,
        received: view.counts.received,
        failed: firstFailed(view.failed),
        failedCount: view.counts.failed,
        stalled: stalled(view, start, at, this.#config.alerts.nothingStartsMinutes),
        publishProblem: view.step === "publish" ? await this.#publishProblem(target, known) : null,
      },
    };
  }

  async #ended({ run, target, status, step, executionId }: RunRecord): Promise<ObservedRun> {
    const said = RUN_STEPS.find((each) => each === step) ?? "done";
    const failed = status === "FAILED" || status === "TIMED_OUT";
    return {
      ...{ run, target, reason: failed ? await this.#reason(target, executionId) : null },
      step: failed ? "failed" : status === "COMPLETED" ? said : "cancelled",
      ...{ paused: null, left: 0, received: 0, failed: [], failedCount: 0, stalled: null, publishProblem: null },
    };
  }

  async #reason(target: string, executionId: string): Promise<string | null> {
    const known = this.#reasons.get(executionId);
    if (known !== undefined) return known;
    const { run } = await readRun(this.#client, target);
    if (run !== null) this.#reasons.set(executionId, run.reason);
    return run?.reason ?? null;
  }

  async #publishProblem(target: string, known: Looked | null): Promise<string | null> {
    try {
      const activities = await pendingActivities(this.#client, worldUpdateId(target));
      return activities.find(({ type }) => type === "publish")?.problem ?? null;
    } catch {
      return known?.run.publishProblem ?? null;
    }
  }
}

/** Those that failed first: one that fails later pushes none of them out, whose alert would be over by that. */
export function firstFailed(failed: RunView["failed"]): ObservedRun["failed"] {
  return failed
    .toSorted((a, b) => (a.failedAt ?? 0) - (b.failedAt ?? 0))
    .slice(0, MAX_FAILED)
    .map(({ cpv, message }) => ({ cpv, message }));
}
