import type { Forecast, PlanForecast } from "../model/forecast.ts";
import type { BuildLimits } from "../model/limits.ts";
import type { Standing } from "../model/outlook.ts";
import type { PlanGraph, PlannedPackage } from "../model/plan.ts";
import { isUsable, type RunDrone } from "../model/run.ts";
import { lowerBound } from "../scheduler/bound.ts";
import { criticalChain } from "../scheduler/criticalChain.ts";
import { impossible, restOf } from "../scheduler/lookAhead.ts";
import { type Plan, type PlanRequest, samples, search } from "../scheduler/plan.ts";
import { DEFAULT_TUNING } from "../scheduler/scheduler.ts";
import { type Schedule, type SimDrone, simulate } from "../scheduler/simulate.ts";
import { swarmPolicy } from "../scheduler/swarmPolicy.ts";
import { neverBuilt } from "../scheduler/why.ts";

/** More packages than this are run forward by the usual rule only, as often as there is time for: nothing is tried. */
export const MOST_TRIED = 3000;
/** Packages times runs for a range, where these are more than three runs: about half a second. */
const RANGE_BUDGET = 4000;
/** How much is tried at most: packages times simulated runs. */
const BUDGET = 60_000;
/** So near the lower bound there is nothing to look for. */
const NEAR = 1.001;
/** Time for trying, and for a first range where there is much to run forward or the machine is busy. ms */
const PATIENCE_MS = 1200;
const LONGEST_MS = 6000;

/**
 * What a whole plan would take, from its first build on. With many packages that is seconds of computing.
 * @param waves see plannedWaves
 * @param limits what the operator set of how packages are built.
 */
export function planForecast(
  graph: PlanGraph,
  waves: readonly PlannedPackage[][],
  drones: readonly RunDrone[],
  limits?: BuildLimits,
): PlanForecast {
  const before = standing(graph, drones, limits);
  const packages = waves.flat();
  return {
    total: packages.length,
    waves: waves.length,
    work: packages.reduce((sum, { estimate }) => sum + estimate, 0),
    cores: before.drones.reduce((sum, { cores }) => sum + cores, 0),
    forecast: forecast(graph, before),
    notices: stuckIn(graph, before),
  };
}

/** Runs the scheduler forward. */
function forecast(graph: PlanGraph, before: Standing): Forecast | null {
  const { request, positions } = restOf(before);
  const { packages } = request;
  if (packages.length === 0 || request.drones.length === 0) return null;
  const bound = lowerBound(
    packages.map((p) => ({ work: p.estimate, needs: p.needs })),
    request.drones,
  );
  const found = packages.length > MOST_TRIED ? sampled(request) : tried(request, bound.seconds);
  const schedule = simulate(
    packages,
    request.drones,
    swarmPolicy(packages, request.drones, found?.tuning ?? DEFAULT_TUNING),
  );
  const { makespan } = schedule;
  const needs = packages.map((p) => p.needs);
  return {
    seconds: {
      low: found?.finishes[0] ?? makespan,
      expected: found?.makespan ?? makespan,
      high: found?.finishes.at(-1) ?? makespan,
    },
    bound: { seconds: bound.seconds, byPath: bound.byPath >= bound.byWork },
    asEstimated: makespan,
    drones: request.drones.map((drone) => part(drone, schedule, packages)),
    criticalPath: criticalChain(schedule, needs).map(({ build, after }) => {
      const { index, drone, jobs, start, end } = build;
      return { cpv: graph.packages[positions[index] ?? -1]?.cpv ?? "", drone, jobs, start, end, after };
    }),
  };
}

/** A run before its first build. */
function standing(graph: PlanGraph, drones: readonly RunDrone[], limits?: BuildLimits): Standing {
  return {
    ...{ graph, received: [], given: [], running: [], ...(limits ? { limits } : {}) },
    drones: drones.filter(isUsable).map(({ name, cores, slots, speed = 1, memoryBytes = null, ...limits }) => ({
      ...{ name, cores, slots, speed, memoryBytes, unusable: null },
      ...(limits.diskBytes === undefined ? {} : { diskBytes: limits.diskBytes }),
      ...(limits.exclude ? { exclude: limits.exclude } : {}),
      ...(limits.only ? { only: limits.only } : {}),
    })),
  };
}

/** What the run could not build, one sentence each. */
function stuckIn(graph: PlanGraph, before: Standing): string[] {
  return impossible(before).map(
    ({ position, excluded }) => `${graph.packages[position]?.cpv}: ${neverBuilt([...excluded])}`,
  );
}

/** What the usual rule takes in some scenarios; in two at least, however long that takes. */
function sampled(request: Pick<PlanRequest, "packages" | "drones">): Pick<Plan, "tuning" | "makespan" | "finishes"> {
  const start = performance.now();
  const finishes: number[] = [];
  for (const seconds of samples({ ...request, seed: 1 })) {
    finishes.push(seconds);
    const passed = performance.now() - start;
    if (finishes.length > 1 && passed * (1 + 1 / finishes.length) > LONGEST_MS) break;
  }
  const makespan = finishes.reduce((sum, each) => sum + each, 0) / finishes.length;
  return { tuning: DEFAULT_TUNING, makespan, finishes: finishes.sort((a, b) => a - b) };
}

/** The best of what could be tried in the time; null where not even the rule's usual way could. */
function tried(request: Pick<PlanRequest, "packages" | "drones">, bound: number): Plan | null {
  const scenarios = Math.min(8, Math.max(3, Math.floor(RANGE_BUDGET / request.packages.length)));
  const steps = search({ ...request, budget: BUDGET, scenarios, seed: 1 });
  const start = performance.now();
  let best: Plan | null = null;
  for (;;) {
    const step = steps.next();
    best = step.value ?? best;
    if (best && best.makespan <= bound * NEAR) return best;
    if (step.done || performance.now() - start > (best ? PATIENCE_MS : LONGEST_MS)) return best;
  }
}

function part(
  { name, cores, speed }: SimDrone,
  { builds, makespan }: Schedule,
  packages: PlanRequest["packages"],
): Forecast["drones"][number] {
  const own = builds.filter((b) => b.drone === name);
  const used = own.reduce((sum, b) => sum + (packages[b.index]?.truth.work ?? 0) / speed, 0);
  return { name, cores, packages: own.length, busy: makespan > 0 ? used / (cores * makespan) : 0 };
}
