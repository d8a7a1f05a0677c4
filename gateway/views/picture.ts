import type { GraphAnswer } from "../../model/answers.ts";
import type { PackageView, RunView } from "../../model/run.ts";
import type { RunGraph } from "./graphs.ts";
import { neighboursOf } from "./neighbours.ts";
import { criticalPath, dronesKey } from "./timeline.ts";

/** Parts of one graph that are kept. */
const KEPT = 64;

/** A run as it was when it was drawn. */
class Picture {
  readonly packages: readonly PackageView[];
  /** What estimates depend on. */
  readonly drones: string;
  readonly critical: readonly string[];
  readonly #run: RunView;
  readonly #graph: RunGraph;
  readonly #parts = new Map<string, GraphAnswer>();

  constructor(run: RunView, packages: readonly PackageView[], graph: RunGraph) {
    this.packages = packages;
    this.drones = dronesKey(run.drones);
    this.critical = criticalPath(run, packages, graph);
    this.#run = run;
    this.#graph = graph;
  }

  /** As `neighboursOf`. */
  part(place: { around?: string | undefined; depth: number }): GraphAnswer {
    const key = `${place.around} ${place.depth}`;
    const known = this.#parts.get(key);
    if (known) return known;
    const part = neighboursOf(this.#run, this.packages, this.#graph, place, this.critical);
    if (this.#parts.size < KEPT) this.#parts.set(key, part);
    return part;
  }
}

const drawn = new WeakMap<RunGraph, Picture>();

/**
 * The run as it is, drawn once for all who look at it, until another list of its packages is at hand or its drones are
 * others: some times a second at most.
 */
export function pictureOf(run: RunView, packages: readonly PackageView[], graph: RunGraph): Picture {
  const known = drawn.get(graph);
  if (known?.packages === packages && known.drones === dronesKey(run.drones)) return known;
  const picture = new Picture(run, packages, graph);
  drawn.set(graph, picture);
  return picture;
}
