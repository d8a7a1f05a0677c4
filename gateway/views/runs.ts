import type { QueryDefinition } from "@temporalio/common";
import type { RunEvent } from "../../model/events.ts";
import type { PackageView, RunView } from "../../model/run.ts";
import { askWorkflow } from "../../operations/engine.ts";
import { listRuns } from "../../operations/runs.ts";
import { packagesQuery, runQuery, worldUpdateId } from "../../workflows/messages.ts";
import { HttpError } from "../errors.ts";
import type { Services } from "../services.ts";

/** A run that was asked for. */
export interface FoundRun {
  view: RunView;
  packages: () => Promise<readonly PackageView[]>;
  /** null: they are not at hand. */
  events: readonly RunEvent[] | null;
  /** The engine's id of its last execution; null: of the target's latest run. */
  executionId: string | null;
  ask: <Answer, Args extends unknown[]>(query: QueryDefinition<Answer, Args>, ...args: Args) => Promise<Answer>;
}

/** An orchestrator may have to read a whole history first. ms */
const ANSWER_WITHIN_MS = 15_000;
/** Runs that have ended and were asked for, which stay as they are. */
const KEPT = 4;
const ended = new WeakMap<Services, Map<string, { view: RunView; packages: Promise<readonly PackageView[]> }>>();

/** The latest run of a target, from what is looked at anyway, or an earlier one, from the engine. HttpError: there is none. */
export async function runOf(services: Services, target: string, run: string | undefined): Promise<FoundRun> {
  const { watchers } = services;
  const live = await watchers.live(target);
  const { reading } = live;
  if (reading.run && reading.run.target === target && (run === undefined || run === reading.run.run)) {
    const ask: FoundRun["ask"] = async (query, ...args) =>
      askWorkflow(await services.access.client(), worldUpdateId(target), query, ...args);
    const packages = async () => (live.revision === null ? await ask(packagesQuery) : live.packages);
    return { view: reading.run, packages, events: live.events, executionId: null, ask };
  }
  if (run !== undefined) return await earlierRun(services, target, run);
  if (live.stale !== null) throw new HttpError(503, live.stale, "Start what is missing: swarm up");
  throw new HttpError(404, `there was no run of ${target} yet`, "Start one: swarm run-update, or POST /api/v1/runs");
}

async function earlierRun(services: Services, target: string, run: string): Promise<FoundRun> {
  const client = await services.access.client();
  const record = (await listRuns(client, 500)).find((each) => each.target === target && each.run === run);
  if (!record) {
    throw new HttpError(
      404,
      `the engine knows no run ${run} of ${target}`,
      "GET /api/v1/runs lists those that it knows.",
    );
  }
  const { executionId } = record;
  const handle = client.workflow.getHandle(worldUpdateId(target), executionId);
  const ask: FoundRun["ask"] = (query, ...args) =>
    client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => handle.query(query, ...args));
  const known = keptOf(services).get(executionId);
  if (known) return { view: known.view, packages: () => known.packages, events: null, executionId, ask };
  const view = await ask(runQuery);
  let asked: Promise<readonly PackageView[]> | undefined;
  const packages = (): Promise<readonly PackageView[]> => {
    if (!asked) {
      asked = ask(packagesQuery);
      if (record.status !== "RUNNING") keep(services, executionId, view, asked);
    }
    return asked;
  };
  return { view, packages, events: null, executionId, ask };
}

function keptOf(services: Services): Map<string, { view: RunView; packages: Promise<readonly PackageView[]> }> {
  const known = ended.get(services) ?? new Map();
  ended.set(services, known);
  return known;
}

function keep(services: Services, id: string, view: RunView, packages: Promise<readonly PackageView[]>): void {
  const known = keptOf(services);
  known.set(id, { view, packages });
  packages.catch(() => known.delete(id));
  for (const oldest of known.keys()) {
    if (known.size <= KEPT) return;
    known.delete(oldest);
  }
}
