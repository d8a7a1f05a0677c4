import { diskOf, fromGraph } from "../model/estimate.ts";
import type { Capacity, Outlook, Standing } from "../model/outlook.ts";
import { DependencyGraph } from "./graph.ts";
import { exclusion, isUsual, NO_LIMITS, type PackageLimits, packageLimits } from "./limits.ts";
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
export function restOf(standing: Standing): Rest {
  const { graph, received, given, running, drones, first = [] } = standing;
  const dependencies = new DependencyGraph(graph);
  for (const position of received) dependencies.receive(position);
  const usable = drones.filter((d) => d.unusable === null);
  const bounds = new Map(limitsOf(standing, usable).map((each) => [each.position, each]));
  const goesFirst = new Set(first);
  const out = new Set([...received, ...given]);
  const builds = new Set(running.map((build) => build.index));
  for (const { position } of impossible(standing)) {
    if (out.has(position) || builds.has(position)) continue;
    for (const each of [position, ...dependencies.dependents(position)]) out.add(each);
  }
  const positions = [...graph.packages.keys()].filter((i) => !out.has(i) && !graph.packages[i]?.present);
  const index = new Map(positions.map((position, i) => [position, i]));
  const packages = positions.map((position): SimPackage => {
    const { work, serial, width, sigma, ...room } = fromGraph(graph.packages[position] ?? { estimate: 0 });
    const needs = dependencies.waitsFor(position).flatMap((need) => index.get(need) ?? []);
    const cost = { work, serial: Math.min(serial, work), width };
    const { memoryBytes = null, ...bound } = bounds.get(position) ?? {};
    const said = memoryBytes === null ? {} : { memoryBytes, memoryPerJobBytes: 0 };
    const order = goesFirst.has(position) ? { first: true } : {};
    return { estimate: cost, sigma, truth: cost, needs, ...room, ...said, ...bound, ...order };
  });
  const names = new Set(usable.map((d) => d.name));
  return {
    request: {
      packages,
      drones: usable.map(
        ({ name, cores, speed, slots, memoryBytes, diskBytes }): SimDrone => ({
          ...{ name, cores, speed, slots, memoryBytes },
          ...(diskBytes === undefined ? {} : { diskBytes }),
        }),
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

/** What says which drones may build what. */
type Limited = Pick<Standing, "graph" | "limits" | "failed">;

/** The packages that none of the drones that are usable now could ever build. */
export function impossible({ drones, ...limited }: Limited & Pick<Standing, "drones">): Bound[] {
  const usable = drones.filter((d) => d.unusable === null);
  if (usable.length === 0) return [];
  return limitsOf(limited, usable).filter(
    ({ position, excluded }) => excluded.size === usable.length && !limited.graph.packages[position]?.present,
  );
}

/** The packages of which operators or drones say something. */
function limitsOf({ graph, limits = NO_LIMITS, failed = [] }: Limited, drones: readonly Capacity[]): Bound[] {
  const failures = failuresOf(failed, drones);
  const isFree = limits.exclusive.length === 0 && limits.memory.length === 0;
  const isPicky = drones.some(({ exclude, only }) => exclude || only);
  return graph.packages.flatMap((p, position): Bound[] => {
    const failedOn = failures.get(position) ?? [];
    if (isFree && !isPicky && p.disk === undefined && failedOn.length === 0) return [];
    const { cpv } = p;
    const own = packageLimits(limits, cpv);
    const needs = { memoryBytes: own.memoryBytes ?? 0, diskBytes: diskOf(fromGraph(p)) };
    const excluded = (isPicky || !isUsual(needs) ? drones : []).flatMap(
      ({ memoryBytes, ...drone }): [string, string][] => {
        const reason = exclusion({ ...drone, ...(memoryBytes === null ? {} : { memoryBytes }) }, cpv, needs);
        return reason === null ? [] : [[drone.name, reason]];
      },
    );
    const all = new Map([...excluded, ...failedOn.map((name): [string, string] => [name, "failed it before"])]);
    const isBound = own.memoryBytes !== null || own.groups.length > 0 || all.size > 0;
    return isBound ? [{ ...own, position, excluded: all }] : [];
  });
}

/** Names of the drones that failed a package, by its position. */
function failuresOf(failed: NonNullable<Standing["failed"]>, drones: readonly Capacity[]): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const { drone, positions } of failed) {
    if (!drones.some(({ name }) => name === drone)) continue;
    for (const position of positions) found.set(position, [...(found.get(position) ?? []), drone]);
  }
  return found;
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
