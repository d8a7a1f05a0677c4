import type { PackageGraph } from "../../scheduler/packageGraph.ts";
import { DEFAULT_TUNING } from "../../scheduler/scheduler.ts";
import type { IdleTime, SimDrone } from "../../scheduler/simulate.ts";
import { secondsOn } from "../../scheduler/work.ts";
import type { Simulation } from "./options.ts";
import type { DecisionCost, PolicyName } from "./policies.ts";
import { type Drawn, lookAhead, type Outcome, runOne } from "./runSimulation.ts";

/** A policy's outcomes, each figure the mean of the seeds. Times are seconds. */
export interface PolicyReport {
  policy: PolicyName;
  makespan: number;
  bound: number;
  ratio: number;
  /** Smallest and largest ratio of a seed. */
  best: number;
  worst: number;
  failed: number;
  lost: number;
  /** Builds begun anew elsewhere, or slower than a second one, and what they had done. Core-seconds. */
  dropped: number;
  wasted: number;
  /** Core-seconds. */
  idle: IdleTime;
  decisions: DecisionCost;
}

/** A build of the critical path. Times are seconds. */
export interface ChainReport {
  cpv: string;
  drone: string;
  jobs: number;
  start: number;
  end: number;
  /** What it would have taken with the drone to itself. */
  alone: number;
  after: "nothing" | "needs" | "room" | "retry";
}

/** The answer of `swarm simulate`. */
export interface SimulationReport {
  graph: { name: string; packages: number /** Core-seconds. */; work: number };
  drones: readonly SimDrone[];
  noise: number;
  failRate: number;
  speculate: boolean;
  seeds: readonly number[];
  policies: PolicyReport[];
  /** Looking ahead: simulated runs, the seconds they took, and the makespan that is expected. Null: nobody did. */
  plan: { runs: number; seconds: number; expected: number } | null;
  /** The longest path of the lower bound, and whether it is the bound. Null where several seeds have several bounds. */
  boundPath: string[] | null;
  boundByPath: boolean;
  /** What determined the makespan; null where several policies or seeds were run. */
  chain: ChainReport[] | null;
}

/**
 * Runs what is asked for.
 * @returns the report, and the schedule to draw where there is only one.
 */
export function simulateAll(
  graph: PackageGraph,
  simulation: Simulation,
): { report: SimulationReport; drawn: Drawn | null } {
  const { drones, policies, noise, failRate, speculate, seeds } = simulation;
  let last: Drawn | null = null;
  const started = performance.now();
  const planned = policies.includes("swarm") ? lookAhead(graph, simulation) : null;
  const planSeconds = (performance.now() - started) / 1000;
  const tuning = planned?.tuning ?? DEFAULT_TUNING;
  const reports = policies.map((policy) => {
    // Only figures are kept: a schedule of the whole tree is large.
    const outcomes = seeds.map((seed): Outcome => {
      last = runOne(graph, simulation, { policy, seed, tuning });
      return last.outcome;
    });
    return meanOf(policy, outcomes);
  });
  const drawn = policies.length === 1 && seeds.length === 1 ? last : null;
  return {
    report: {
      graph: {
        name: graph.name,
        packages: graph.packages.length,
        work: graph.packages.reduce((sum, p) => sum + p.work.work, 0),
      },
      ...{ drones, noise, failRate, speculate, seeds, policies: reports },
      plan: planned === null ? null : { runs: planned.runs, seconds: planSeconds, expected: planned.makespan },
      ...boundOf(graph, seeds.length === 1 ? last : null),
      chain: drawn === null ? null : chainOf(graph, drawn, drones),
    },
    drawn,
  };
}

function boundOf(graph: PackageGraph, one: Drawn | null): Pick<SimulationReport, "boundPath" | "boundByPath"> {
  if (one === null) return { boundPath: null, boundByPath: false };
  return { boundPath: one.boundPath.map((i) => graph.packages[i]?.cpv ?? ""), boundByPath: one.boundByPath };
}

function chainOf(graph: PackageGraph, { chain, truths }: Drawn, drones: readonly SimDrone[]): ChainReport[] {
  return chain.map(({ build, after }) => {
    const { index, drone: name, jobs, start, end } = build;
    const drone = drones.find((d) => d.name === name);
    const work = truths[index];
    const alone = drone && work ? secondsOn(work, Math.min(jobs, drone.cores)) / drone.speed : end - start;
    return { cpv: graph.packages[index]?.cpv ?? "", drone: name, jobs, start, end, alone, after };
  });
}

function meanOf(policy: PolicyName, outcomes: readonly Outcome[]): PolicyReport {
  const mean = (value: (outcome: Outcome) => number): number =>
    outcomes.reduce((sum, each) => sum + value(each), 0) / outcomes.length;
  const ratios = outcomes.map((o) => o.ratio);
  return {
    policy,
    makespan: mean((o) => o.makespan),
    bound: mean((o) => o.bound),
    ratio: mean((o) => o.ratio),
    best: Math.min(...ratios),
    worst: Math.max(...ratios),
    failed: mean((o) => o.failed),
    lost: mean((o) => o.lost),
    dropped: mean((o) => o.dropped),
    wasted: mean((o) => o.wasted),
    idle: {
      dependencies: mean((o) => o.idle.dependencies),
      heldBack: mean((o) => o.idle.heldBack),
      tail: mean((o) => o.idle.tail),
      lost: mean((o) => o.idle.lost),
    },
    decisions: {
      decisions: Math.round(mean((o) => o.decisions.decisions)),
      totalMs: mean((o) => o.decisions.totalMs),
      medianMs: mean((o) => o.decisions.medianMs),
      p99Ms: mean((o) => o.decisions.p99Ms),
    },
  };
}
