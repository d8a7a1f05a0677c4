import { readPlanGraph } from "../../activities/estimates.ts";
import { fromGraph } from "../../model/estimate.ts";
import type { GraphPackage, PlanGraph } from "../../model/plan.ts";
import type { RunDrone, RunView } from "../../model/run.ts";
import type { Services } from "../services.ts";

/** Graphs that are kept: the one of the run in progress, and some of what people look back at. */
const KEPT = 3;
const kept = new WeakMap<Services, Map<string, Promise<RunGraph>>>();

/** What is needed by what in a run, and what it is expected to take. */
export class RunGraph {
  readonly graph: PlanGraph;
  readonly positions: ReadonlyMap<string, number>;
  #users: number[][] | null = null;

  constructor(graph: PlanGraph) {
    this.graph = graph;
    this.positions = new Map(graph.packages.map(({ cpv }, position) => [cpv, position]));
  }

  /** What a package needs directly: to be built, or to work. */
  needsAt(position: number): number[] {
    const pkg = this.graph.packages[position];
    return pkg ? [...new Set([...pkg.build, ...pkg.run])].filter((need) => need !== position) : [];
  }

  usersAt(position: number): readonly number[] {
    this.#users ??= this.#reversed();
    return this.#users[position] ?? [];
  }

  needsOf(cpv: string): string[] {
    return this.#names(this.needsAt(this.positions.get(cpv) ?? -1));
  }

  neededBy(cpv: string): string[] {
    return this.#names(this.usersAt(this.positions.get(cpv) ?? -1));
  }

  /** Seconds that a build should take on the one of these drones that is the fastest with it; null: it is not built. */
  secondsAt(position: number, drones: readonly RunDrone[]): number | null {
    const pkg = this.graph.packages[position];
    if (!pkg || pkg.present) return null;
    const times = drones.map(({ cores, speed = 1 }) => secondsOn(pkg, cores) / speed);
    return Math.round(times.length > 0 ? Math.min(...times) : secondsOn(pkg, 1));
  }

  #names(positions: readonly number[]): string[] {
    return positions.flatMap((position) => this.graph.packages[position]?.cpv ?? []).sort();
  }

  #reversed(): number[][] {
    const users: number[][] = this.graph.packages.map(() => []);
    for (const position of this.graph.packages.keys()) {
      for (const need of this.needsAt(position)) users[need]?.push(position);
    }
    return users;
  }
}

function secondsOn(pkg: GraphPackage, cores: number): number {
  const { work, serial, width } = fromGraph(pkg);
  return serial + (work - serial) / Math.max(1, Math.min(cores, width));
}

/** The graph of a run, made from its plan, which the binhost keeps; null: it has no plan yet. */
export async function graphOf(services: Services, { plan }: Pick<RunView, "plan">): Promise<RunGraph | null> {
  if (plan === null) return null;
  const known = kept.get(services) ?? new Map<string, Promise<RunGraph>>();
  kept.set(services, known);
  let made = known.get(plan);
  if (!made) {
    made = readGraph(services, plan);
    made.catch(() => known.delete(plan));
    known.set(plan, made);
    for (const oldest of known.keys()) {
      if (known.size <= KEPT) break;
      known.delete(oldest);
    }
  }
  return await made;
}

async function readGraph({ access }: Services, sha256: string): Promise<RunGraph> {
  return new RunGraph(await readPlanGraph(await access.binhost(), sha256));
}
