import { type Comparison, compare, GOAL_TO_BEST } from "./compare.ts";
import { randomGraph } from "./randomGraphs.ts";

/** A random graph on which a usual policy was better than the goal allows. */
export interface Loss extends Omit<Comparison, "ratios"> {
  seed: number;
  shape: string;
  packages: number;
  drones: string;
  swarm: number | undefined;
}

export interface RandomFigures {
  graphs: number;
  noise: number;
  seeds: number;
  /** Means over all graphs of the ratio to the lower bound. */
  swarm: number;
  rule: number;
  bestYardstick: number;
  /** The goal is none. */
  losses: Loss[];
  /** Largest ratio to the best yardstick. */
  worst: number;
}

/** Simulated runs that looking ahead may take on each. */
const RUNS = 48;

/** The swarm and the usual policies on random graphs, seeds 1 to `graphs`. */
export function compareRandom(graphs: number, noise: number, seeds: number): RandomFigures {
  const figures = { swarm: 0, rule: 0, bestYardstick: 0, worst: 0 };
  const losses: Loss[] = [];
  for (let seed = 1; seed <= graphs; seed++) {
    const graph = randomGraph(seed);
    const { ratios, best, toBest } = compare(graph, graph.drones, {
      noise,
      seeds,
      budget: RUNS * graph.packages.length,
    });
    figures.swarm += (ratios.swarm ?? 0) / graphs;
    figures.rule += (ratios["swarm-rule"] ?? 0) / graphs;
    figures.bestYardstick += (ratios[best] ?? 0) / graphs;
    figures.worst = Math.max(figures.worst, toBest);
    if (toBest <= GOAL_TO_BEST) continue;
    const drones = graph.drones.map((d) => (d.speed === 1 ? `${d.cores}` : `${d.cores}:${d.speed}`)).join(",");
    const { shape, packages } = graph;
    losses.push({ seed, shape, packages: packages.length, drones, swarm: ratios.swarm, best, toBest });
  }
  return { graphs, noise, seeds, ...figures, losses };
}
