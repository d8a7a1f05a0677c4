import type { ForecastAnswer, PlanAnswer } from "../../model/answers.ts";
import { isUsable, type RunView } from "../../model/run.ts";
import { plannedWaves } from "../../operations/plannedWaves.ts";
import { HttpError } from "../errors.ts";
import type { Services } from "../services.ts";
import { inTurn } from "../turns.ts";
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
  if (!graph) throw noPlan(view);
  const packages = await inTurn(() => packagesOf(graph));
  return {
    run: view.run,
    target,
    total: packages.length,
    waves: packages.at(-1)?.wave ?? 0,
    work: packages.reduce((sum, { estimate }) => sum + estimate, 0),
    packages: packages.slice(offset, offset + limit),
  };
}

function packagesOf(graph: RunGraph): PlanAnswer["packages"] {
  const packages =
    made.get(graph) ??
    plannedWaves(graph.graph).flatMap((each, index) => each.map((planned) => ({ ...planned, wave: index + 1 })));
  made.set(graph, packages);
  return packages;
}

/** What a run's plan takes on the drones that it has. HttpError: it has none yet; see Forecasts. */
export async function forecastOf(services: Services, target: string, run: string | undefined): Promise<ForecastAnswer> {
  const { view } = await runOf(services, target, run);
  if (view.plan === null) throw noPlan(view);
  const { binhost, swarm, scheduler } = services.config;
  const { notices, ...made } = await services.forecasts.of({
    ...{ binhost: binhost.url, tokenFile: swarm.tokenFile, plan: view.plan, limits: scheduler },
    // What they do just now makes no difference.
    drones: view.drones.filter(isUsable).map((drone) => ({ ...drone, reason: null, treeTime: null, building: [] })),
  });
  const { unresolvable } = view;
  return { run: view.run, target, ...made, unresolvable, notices: [...view.notices, ...notices] };
}

function noPlan({ run }: RunView): HttpError {
  return new HttpError(409, `${run} has no plan yet`, "It has one when the step resolve is over.");
}
