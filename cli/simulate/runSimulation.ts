import { lowerBound } from "../../scheduler/bound.ts";
import { type ChainLink, criticalChain } from "../../scheduler/criticalChain.ts";
import { disturbed, exactly, type PackageGraph } from "../../scheduler/packageGraph.ts";
import { type Plan, plan } from "../../scheduler/plan.ts";
import { Random } from "../../scheduler/random.ts";
import type { Tuning } from "../../scheduler/scheduler.ts";
import { type IdleTime, type Schedule, simulate } from "../../scheduler/simulate.ts";
import type { Work } from "../../scheduler/work.ts";
import type { Simulation } from "./options.ts";
import { type DecisionCost, type PolicyName, policyOf, timed } from "./policies.ts";

/** Packages times simulated runs that the planner may spend: some seconds. */
const BUDGET = 40_000;

/** What became of one policy with one seed. Times are seconds. */
export interface Outcome {
  policy: PolicyName;
  seed: number;
  makespan: number;
  /** With the true times of this seed. */
  bound: number;
  ratio: number;
  /** Builds that failed, and that were lost with their drone. */
  failed: number;
  lost: number;
  /** Builds that were begun anew elsewhere, or were slower than a second one, and the core-seconds that they had done. */
  dropped: number;
  wasted: number;
  /** Core-seconds that nothing used, by cause. */
  idle: IdleTime;
  decisions: DecisionCost;
}

/** An outcome with all that is needed to draw it. */
export interface Drawn {
  outcome: Outcome;
  schedule: Schedule;
  chain: ChainLink[];
  /** Packages of the longest path of the lower bound, first to last. */
  boundPath: number[];
  /** The bound is the longest path; else all cores busy all the time. */
  boundByPath: boolean;
  /** What each package really took. */
  truths: readonly Work[];
}

/** What the swarm's planner may look at: estimates and their uncertainty, no losses. */
export function lookAhead(graph: PackageGraph, { drones, noise }: Simulation, budget: number = BUDGET): Plan {
  const packages = exactly(graph).map((p) => ({ ...p, sigma: noise }));
  return plan({ packages, drones: drones.map(({ lostAt, ...drone }) => drone), budget, seed: 1 });
}

/** Runs one policy with one seed. */
export function runOne(
  graph: PackageGraph,
  simulation: Simulation,
  { policy, seed, tuning }: { policy: PolicyName; seed: number; tuning: Tuning },
): Drawn {
  const { drones, noise, failRate, speculate } = simulation;
  const relief = speculate ? "copy" : "restart";
  const packages = noise === 0 ? exactly(graph) : disturbed(graph, noise, seed);
  const bound = lowerBound(
    packages.map(({ truth, needs }) => ({ work: truth, needs })),
    drones,
  );
  const { policy: decider, cost } = timed(
    policyOf(policy, { packages, drones, reaches: graph.packages, tuning, relief }),
  );
  const schedule = simulate(packages, drones, decider, failures(seed, failRate));
  const ended = (outcome: string): number => schedule.builds.filter((b) => b.outcome === outcome).length;
  return {
    outcome: {
      ...{ policy, seed, makespan: schedule.makespan, bound: bound.seconds, ratio: schedule.makespan / bound.seconds },
      ...{ failed: ended("failed"), lost: ended("lost"), dropped: ended("dropped"), wasted: schedule.wasted },
      ...{ idle: schedule.idle, decisions: cost() },
    },
    schedule,
    chain: criticalChain(
      schedule,
      packages.map((p) => p.needs),
    ),
    ...{ boundPath: bound.path, boundByPath: bound.byPath >= bound.byWork },
    truths: packages.map((p) => p.truth),
  };
}

/** Which tries fail: the same for each policy, whatever the order. */
function failures(seed: number, rate: number): (index: number, tries: number) => boolean {
  if (rate === 0) return () => false;
  return (index, tries) => new Random(new Random(seed * 65_537 + index).next() * 2 ** 31 + tries).next() < rate;
}
