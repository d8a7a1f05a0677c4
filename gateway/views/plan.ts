import type { PlanAnswer } from "../../model/answers.ts";
import { plannedWaves } from "../../operations/plannedWaves.ts";
import { HttpError } from "../errors.ts";
import type { Services } from "../services.ts";
import { graphOf, type RunGraph } from "./graphs.ts";
import { runOf } from "./runs.ts";

const made = new WeakMap<RunGraph, PlanAnswer["packages"]>();

/** What a run builds, by its plan. HttpError: it has none yet. */
export async function planOf(
  services: Services,
  target: string,
  run: string | undefined,
  { limit, offset }: { limit: number; offset: number },
): Promise<PlanAnswer> {
  const { view } = await runOf(services, target, run);
  const graph = await graphOf(services, view);
  if (!graph) throw new HttpError(409, `${view.run} has no plan yet`, "It has one when the step resolve is over.");
  const packages =
    made.get(graph) ??
    plannedWaves(graph.graph).flatMap((each, index) => each.map((planned) => ({ ...planned, wave: index + 1 })));
  made.set(graph, packages);
  return {
    run: view.run,
    target,
    total: packages.length,
    waves: packages.at(-1)?.wave ?? 0,
    work: packages.reduce((sum, { estimate }) => sum + estimate, 0),
    packages: packages.slice(offset, offset + limit),
  };
}
