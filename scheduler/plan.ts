import type { RunningBuild } from "../model/outlook.ts";
import { Random } from "./random.ts";
import { DEFAULT_TUNING, type Tuning } from "./scheduler.ts";
import { type SimDrone, type SimPackage, simulate } from "./simulate.ts";
import { swarmPolicy } from "./swarmPolicy.ts";

/** Looks ahead: runs the rule forward with other tunings and keeps the best. */
export interface Plan {
  tuning: Tuning;
  /** Expected seconds with it: the mean of the scenarios. */
  makespan: number;
  /** Seconds of each scenario, ascending: how sure that is. One where the estimates are exact. */
  finishes: number[];
  /** Runs of the simulator that it took. */
  runs: number;
}

export interface PlanRequest {
  packages: readonly SimPackage[];
  drones: readonly SimDrone[];
  /** What builds already. */
  running?: readonly RunningBuild[];
  /** How much is tried: packages times simulated runs. */
  budget: number;
  /** Runs with times drawn from the estimates' uncertainty that each tuning is judged by; absent: SCENARIOS. */
  scenarios?: number;
  seed: number;
}

/** Tried beside the default, which serves without looking ahead. */
const PATIENCES = [0.3, 0.7, 0, 0.9];
const CROWDINGS = [0.4, 0.8, 1.2, 2];
/** Enough to tell good tunings from bad ones, and for a range. */
const SCENARIOS = 8;
/** What differs by less in the scenarios tells nothing of the truth. */
const LEAST_GAIN = 0.002;
/** With less certain estimates than this on average, biases would fit the scenarios and not the truth. */
const BIAS_SIGMA = 0.3;

/** Searches in steps: after each simulated run it yields the best so far, so that a caller may do something else, or stop. */
export function* search(request: PlanRequest): Generator<Plan | null, Plan> {
  const { packages, budget, seed } = request;
  const random = new Random(seed);
  const scenarios = draw(packages, request.scenarios ?? SCENARIOS, random);
  const most = Math.floor(budget / Math.max(1, packages.length));
  let runs = 0;
  let best = DEFAULT_TUNING;
  let makespan = Number.POSITIVE_INFINITY;
  let finishes: number[] = [];
  const found = (): Plan => ({ tuning: best, makespan, finishes, runs });
  /** What is only as good is taken where many steps of the same height lead up. */
  const consider = function* (tuning: Tuning, equal: boolean): Generator<Plan | null, void> {
    let own = 0;
    const each: number[] = [];
    for (const scenario of scenarios) {
      each.push(secondsOf(scenario, request, tuning));
      own += (each.at(-1) ?? 0) / scenarios.length;
      runs++;
      yield finishes.length > 0 ? found() : null;
      if (own > makespan) return;
    }
    if (own > makespan * (1 - LEAST_GAIN) && !equal) return;
    best = tuning;
    makespan = own;
    finishes = each.sort((a, b) => a - b);
  };
  const affordable = (): boolean => runs + scenarios.length <= most;
  yield* consider(DEFAULT_TUNING, false);
  for (const patience of PATIENCES) if (affordable()) yield* consider({ ...best, patience }, false);
  for (const crowding of CROWDINGS) if (affordable()) yield* consider({ ...best, crowding }, false);
  const total = packages.reduce((sum, p) => sum + p.estimate.work, 0);
  const sigma = packages.reduce((sum, p) => sum + p.sigma, 0) / Math.max(1, packages.length);
  while (sigma <= BIAS_SIGMA && affordable()) {
    const bias = Float64Array.from(best.bias ?? new Float64Array(packages.length).fill(1));
    const spread = [0.03, 0.1, 0.3][Math.floor(random.next() * 3)] ?? 0.1;
    const few = [1, 5, 20, packages.length][Math.floor(random.next() * 4)] ?? 1;
    packages.forEach((p, i) => {
      // Those with much work matter most.
      const chance = few * (0.5 / packages.length + 0.5 * (p.estimate.work / Math.max(1, total)));
      if (random.next() < chance) bias[i] = (bias[i] ?? 1) * Math.exp(spread * random.normal());
    });
    const other = random.next() < 0.2;
    const { crowding, patience } = best;
    yield* consider(
      {
        bias,
        crowding: other ? crowding * Math.exp(0.2 * random.normal()) : crowding,
        patience: other ? Math.min(1, patience * Math.exp(0.2 * random.normal())) : patience,
      },
      true,
    );
  }
  return found();
}

/** Searches to the end. */
export function plan(request: PlanRequest): Plan {
  const steps = search(request);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * What the rule's usual way takes, in one scenario after another: seconds. For what is too large to search in the time. With
 * exact estimates there is one.
 */
export function* samples(request: Omit<PlanRequest, "budget">): Generator<number, void> {
  const { packages, scenarios = SCENARIOS, seed } = request;
  for (const scenario of draw(packages, scenarios, new Random(seed)))
    yield secondsOf(scenario, request, DEFAULT_TUNING);
}

function secondsOf(
  scenario: readonly SimPackage[],
  { drones, running = [] }: Pick<PlanRequest, "drones" | "running">,
  tuning: Tuning,
): number {
  return simulate(scenario, drones, swarmPolicy(scenario, drones, tuning), undefined, running).makespan;
}

/** The same packages with true times drawn as their estimates' uncertainty says; only one where there is none. */
function draw(packages: readonly SimPackage[], count: number, random: Random): SimPackage[][] {
  const certain = packages.map((p) => ({ ...p, truth: p.estimate }));
  if (packages.every((p) => p.sigma === 0)) return [certain];
  return Array.from({ length: count }, () =>
    certain.map((p) => {
      const factor = Math.exp(p.sigma * random.normal());
      const { work, serial, width } = p.estimate;
      return { ...p, truth: { work: work * factor, serial: serial * factor, width } };
    }),
  );
}
