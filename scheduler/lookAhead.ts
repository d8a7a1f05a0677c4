import { fromGraph } from "../model/estimate.ts";
import type { Outlook, Standing } from "../model/outlook.ts";
import { DependencyGraph } from "./graph.ts";
import { type Plan, type PlanRequest, search } from "./plan.ts";
import type { SimDrone, SimPackage } from "./simulate.ts";

/** The rest of a run as a simulation; `positions` gives each of its packages' place in the graph. */
export interface Rest {
  request: Pick<PlanRequest, "packages" | "drones" | "running">;
  positions: number[];
}

/** What is left of a run, for the simulator. Drones that get no work are left out, and what they build with them. */
export function restOf({ graph, received, given, running, drones }: Standing): Rest {
  const dependencies = new DependencyGraph(graph);
  for (const position of received) dependencies.receive(position);
  const out = new Set([...received, ...given]);
  const positions = [...graph.packages.keys()].filter((i) => !out.has(i) && !graph.packages[i]?.present);
  const index = new Map(positions.map((position, i) => [position, i]));
  const packages = positions.map((position): SimPackage => {
    const { work, serial, width, sigma } = fromGraph(graph.packages[position] ?? { estimate: 0 });
    const needs = dependencies.waitsFor(position).flatMap((need) => index.get(need) ?? []);
    const cost = { work, serial: Math.min(serial, work), width };
    return { estimate: cost, sigma, truth: cost, needs };
  });
  const usable = drones.filter((d) => d.unusable === null);
  const names = new Set(usable.map((d) => d.name));
  return {
    request: {
      packages,
      drones: usable.map(({ name, cores, speed, slots }): SimDrone => ({ name, cores, speed, slots })),
      running: running.flatMap((build) => {
        const at = index.get(build.index);
        return at === undefined || !names.has(build.drone) ? [] : [{ ...build, index: at }];
      }),
    },
    positions,
  };
}

/** Looks ahead in steps, as `search` does. Null where nothing is left, or no drone to build it. */
export function* lookAhead(standing: Standing, budget: number): Generator<Outlook | null, Outlook | null> {
  const { request, positions } = restOf(standing);
  if (request.packages.length === 0 || request.drones.length === 0) return null;
  const steps = search({ ...request, budget, seed: 1 });
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
