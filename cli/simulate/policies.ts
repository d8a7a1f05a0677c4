import type { GraphPackage } from "../../scheduler/packageGraph.ts";
import { DEFAULT_TUNING, type Tuning } from "../../scheduler/scheduler.ts";
import type { Policy, SimDrone, SimPackage } from "../../scheduler/simulate.ts";
import { type Relief, swarmPolicy } from "../../scheduler/swarmPolicy.ts";
import { YARDSTICKS, type Yardstick } from "../../scheduler/yardsticks/yardsticks.ts";

/** `swarm` looks ahead before it starts; `swarm-rule` is its rule alone. */
const OWN = ["swarm", "swarm-rule"] as const;
export type PolicyName = (typeof OWN)[number] | Yardstick;

const yardsticks = Object.keys(YARDSTICKS).filter((name): name is Yardstick => Object.hasOwn(YARDSTICKS, name));

/** The swarm's own scheduler and the usual ones that it is compared with. */
export const POLICIES: readonly PolicyName[] = [...OWN, ...yardsticks];

/** What a policy decides about, and what it may know. */
export interface PolicyInput {
  packages: readonly SimPackage[];
  drones: readonly SimDrone[];
  reaches: readonly Pick<GraphPackage, "reaches">[];
  /** What looking ahead found. */
  tuning: Tuning;
  relief: Relief;
}

export function policyOf(name: PolicyName, input: PolicyInput): Policy {
  if (name === "swarm" || name === "swarm-rule") {
    const { packages, drones, tuning, relief } = input;
    return swarmPolicy(packages, drones, name === "swarm" ? tuning : DEFAULT_TUNING, relief);
  }
  return YARDSTICKS[name](input);
}

/** Milliseconds of processor time that the decisions of a policy took: each is what it was told since the last, and the decision. */
export interface DecisionCost {
  decisions: number;
  totalMs: number;
  medianMs: number;
  p99Ms: number;
}

/** The policy with a clock around it. */
export function timed(policy: Policy): { policy: Policy; cost: () => DecisionCost } {
  const costs: number[] = [];
  let since = 0;
  const measure = <T>(work: () => T): T => {
    const before = process.cpuUsage();
    try {
      return work();
    } finally {
      const { user, system } = process.cpuUsage(before);
      since += (user + system) / 1000;
    }
  };
  return {
    policy: {
      ready: (index, now) => measure(() => policy.ready(index, now)),
      ended: (index, outcome, now) => measure(() => policy.ended(index, outcome, now)),
      dropped: (index, drone, now) => measure(() => policy.dropped?.(index, drone, now)),
      lost: (drone, now) => measure(() => policy.lost(drone, now)),
      relief: (now) => measure(() => policy.relief?.(now) ?? []),
      decide(now) {
        const starts = measure(() => policy.decide(now));
        costs.push(since);
        since = 0;
        return starts;
      },
    },
    cost() {
      const sorted = costs.toSorted((a, b) => a - b);
      const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
      const totalMs = costs.reduce((sum, each) => sum + each, 0);
      return { decisions: costs.length, totalMs, medianMs: at(0.5), p99Ms: at(0.99) };
    },
  };
}
