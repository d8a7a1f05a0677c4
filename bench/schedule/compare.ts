import { POLICIES, type PolicyName } from "../../cli/simulate/policies.ts";
import { lookAhead, type Outcome, runOne } from "../../cli/simulate/runSimulation.ts";
import type { PackageGraph } from "../../scheduler/packageGraph.ts";
import { DEFAULT_TUNING } from "../../scheduler/scheduler.ts";
import type { SimDrone } from "../../scheduler/simulate.ts";

/** Never worse than this factor of the best yardstick. */
export const GOAL_TO_BEST = 1.02;

/** Mean ratio to the lower bound of each policy. */
export type Ratios = Partial<Record<PolicyName, number>>;

/** How the swarm's own policy stands beside the usual ones. */
export interface Comparison {
  ratios: Ratios;
  /** The best of the usual ones. */
  best: PolicyName;
  /** The swarm's ratio over that one's. */
  toBest: number;
}

const isOwn = (policy: PolicyName): boolean => policy === "swarm" || policy === "swarm-rule";

interface CompareOptions {
  noise?: number;
  /** Of the noise; one is enough where there is none. */
  seeds?: number;
  policies?: readonly PolicyName[];
  /** Of looking ahead; the command's own by default. */
  budget?: number;
}

/**
 * Runs policies on a graph.
 * @param seen is told each outcome.
 */
export function compare(
  graph: PackageGraph,
  drones: readonly SimDrone[],
  { noise = 0, seeds = 1, policies = POLICIES, budget }: CompareOptions,
  seen: (outcome: Outcome) => void = () => undefined,
): Comparison {
  const simulation = { drones: [...drones], policies: [...policies], noise, failRate: 0, speculate: false, seeds: [] };
  const tuning = policies.includes("swarm") ? lookAhead(graph, simulation, budget).tuning : DEFAULT_TUNING;
  const ratios: Ratios = {};
  for (const policy of policies) {
    let sum = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const { outcome } = runOne(graph, simulation, { policy, seed, tuning });
      seen(outcome);
      sum += outcome.ratio;
    }
    ratios[policy] = sum / seeds;
  }
  const ratioOf = (policy: PolicyName): number => ratios[policy] ?? Number.POSITIVE_INFINITY;
  const best =
    policies.filter((policy) => !isOwn(policy)).toSorted((a, b) => ratioOf(a) - ratioOf(b))[0] ?? "merge-order";
  return { ratios, best, toBest: ratioOf("swarm") / ratioOf(best) };
}
