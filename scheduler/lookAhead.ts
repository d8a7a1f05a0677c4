import { fromGraph } from "../model/estimate.ts";
import type { BuildLimits } from "../model/limits.ts";
import type { Capacity, Outlook, Standing } from "../model/outlook.ts";
import type { PlanGraph } from "../model/plan.ts";
import { DependencyGraph } from "./graph.ts";
import { exclusion, NO_LIMITS, type PackageLimits, packageLimits } from "./limits.ts";
import { type Plan, type PlanRequest, search } from "./plan.ts";
import type { SimDrone, SimPackage } from "./simulate.ts";

/** Packages from which on a simulated run takes seconds. */
const LARGE = 3_000;
const SCENARIOS_OF_LARGE = 3;

/** The rest of a run as a simulation; `positions` gives each of its packages' place in the graph. */
export interface Rest {
  request: Pick<PlanRequest, "packages" | "drones" | "running">;
  positions: number[];
}

/**
 * What is left of a run, for the simulator. Drones that get no work are left out, and what they build with them; so is what
 * none of them may build, with all that waits for it.
 */
export function restOf({ graph, received, given, running, drones, limits }: Standing): Rest {
  const dependencies = new DependencyGraph(graph);
  for (const position of received) dependencies.receive(position);
  const usable = drones.filter((d) => d.unusable === null);
  const bounds = new Map(limitsOf(graph, usable, limits).map((each) => [each.position, each]));
  const out = new Set([...received, ...given]);
  for (const { position } of impossible({ graph, drones, ...(limits ? { limits } : {}) })) {
    if (out.has(position)) continue;
    for (const each of [position, ...dependencies.dependents(position)]) out.add(each);
  }
  const positions = [...graph.packages.keys()].filter((i) => !out.has(i) && !graph.packages[i]?.present);
  const index = new Map(positions.map((position, i) => [position, i]));
  const packages = positions.map((position): SimPackage => {
    const { work, serial, width, sigma, ...memory } = fromGraph(graph.packages[position] ?? { estimate: 0 });
    const needs = dependencies.waitsFor(position).flatMap((need) => index.get(need) ?? []);
    const cost = { work, serial: Math.min(serial, work), width };
    const { memoryBytes = null, ...bound } = bounds.get(position) ?? {};
    const needed = memoryBytes === null ? memory : { memoryBytes, memoryPerJobBytes: 0 };
    return { estimate: cost, sigma, truth: cost, needs, ...needed, ...bound };
  });
  const names = new Set(usable.map((d) => d.name));
  return {
    request: {
      packages,
      drones: usable.map(
        ({ name, cores, speed, slots, memoryBytes }): SimDrone => ({ name, cores, speed, slots, memoryBytes }),
      ),
      running: running.flatMap((build) => {
        const at = index.get(build.index);
        return at === undefined || !names.has(build.drone) ? [] : [{ ...build, index: at }];
      }),
    },
    positions,
  };
}

/** What operators or drones say of one package. */
interface Bound extends PackageLimits {
  position: number;
  /** Drones that could never build it, with the reason. */
  excluded: ReadonlyMap<string, string>;
}

/** The packages that none of the drones that are usable now could ever build. */
export function impossible({ graph, drones, limits }: Pick<Standing, "graph" | "drones" | "limits">): Bound[] {
  const usable = drones.filter((d) => d.unusable === null);
  if (usable.length === 0) return [];
  return limitsOf(graph, usable, limits).filter(
    ({ position, excluded }) => excluded.size === usable.length && !graph.packages[position]?.present,
  );
}

/** The packages of which operators or drones say something. */
function limitsOf(graph: PlanGraph, drones: readonly Capacity[], limits: BuildLimits = NO_LIMITS): Bound[] {
  const isFree = limits.exclusive.length === 0 && limits.memory.length === 0;
  if (isFree && drones.every(({ exclude, only }) => !exclude && !only)) return [];
  return graph.packages.flatMap(({ cpv }, position): Bound[] => {
    const own = packageLimits(limits, cpv);
    const excluded = drones.flatMap(({ memoryBytes, ...drone }): [string, string][] => {
      const reason = exclusion({ ...drone, memoryBytes: memoryBytes ?? Infinity }, cpv, own.memoryBytes ?? 0);
      return reason === null ? [] : [[drone.name, reason]];
    });
    const isBound = own.memoryBytes !== null || own.groups.length > 0 || excluded.length > 0;
    return isBound ? [{ ...own, position, excluded: new Map(excluded) }] : [];
  });
}

/** Looks ahead in steps, as `search` does. Null where nothing is left, or no drone to build it. */
export function* lookAhead(standing: Standing, budget: number): Generator<Outlook | null, Outlook | null> {
  const { request, positions } = restOf(standing);
  if (request.packages.length === 0 || request.drones.length === 0) return null;
  // Of many packages the errors even out: a few scenarios say how sure it is.
  const scenarios = request.packages.length > LARGE ? { scenarios: SCENARIOS_OF_LARGE } : {};
  const steps = search({ ...request, ...scenarios, budget, seed: 1 });
  const outlook = (plan: Plan): Outlook => outlookOf(plan, positions, standing.graph.packages.length);
  for (;;) {
    const step = steps.next();
    if (step.done) return outlook(step.value);
    yield step.value ? outlook(step.value) : null;
  }
}

function outlookOf({ tuning, makespan, finishes }: Plan, positions: number[], size: number): Outlook {
  const seconds = { low: finishes[0] ?? makespan, expected: makespan, high: finishes.at(-1) ?? makespan };
  const { crowding, patience } = tuning;
  if (!tuning.bias) return { crowding, patience, seconds };
  const bias = new Array<number>(size).fill(1);
  positions.forEach((position, i) => {
    bias[position] = Math.round((tuning.bias?.[i] ?? 1) * 1000) / 1000;
  });
  return { crowding, patience, bias, seconds };
}
