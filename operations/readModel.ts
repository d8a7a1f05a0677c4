import type { Client } from "@temporalio/client";
import type { QueryDefinition } from "@temporalio/common";
import type { SwarmConfig } from "../config/schema.ts";
import { QUEUES } from "../model/activities.ts";
import type { BuildProgress } from "../model/build.ts";
import { messageOf } from "../model/errors.ts";
import { queuedWords } from "../model/orders.ts";
import type { BuildingPackage, Reading, Service } from "../model/reading.ts";
import type { RunView } from "../model/run.ts";
import { buildPackageId, FLEET_ID, fleetQuery, runQuery, worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { countOrchestrators, isUnanswered, pendingActivities } from "./engine.ts";
import { withQueue } from "./queue.ts";
import { listRuns } from "./runs.ts";

/** So long the engine and the binhost may take for one answer of a screen. ms */
const ANSWER_WITHIN_MS = 5_000;
/** gRPC's codes. */
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;
/** So long an orchestrator may take to answer a query: one that was just killed still seems to be there. ms */
const QUERY_WITHIN_MS = 3_000;

/**
 * The one place that asks for what the screens show. Everything is asked at the same time; what does not answer is null
 * in the reading, with its problem: a screen is there whatever is broken.
 * @param ofBinhost what the binhost says; who looks again and again need not wait for one that hangs
 */
export async function read(access: Access, target?: string, ofBinhost = readBinhost): Promise<Reading> {
  const config = await access.config();
  const at = Date.now();
  const [engine, binhost] = await Promise.all([readEngine(access, config, target), ofBinhost(access, config)]);
  return { at, ...engine, ...binhost };
}

type OfBinhost = "binhost" | "targets" | "snapshots" | "snapshotRevisions" | "historyRevision";

/** What a reading has of the binhost. */
export type BinhostReading = Pick<Reading, OfBinhost>;

/** Never rejects. */
export async function readBinhost(access: Access, config: SwarmConfig): Promise<BinhostReading> {
  const address = config.binhost.url;
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  try {
    const health = await fetch(`${address}/healthz`, { signal });
    // Unread it would keep its connection.
    await health.body?.cancel();
    if (!health.ok) return { binhost: { address, problem: `binhost: HTTP ${health.status}` }, targets: null };
    const { targets, history } = await (await access.binhost()).view(signal);
    const revisions = targets.flatMap(({ name, revision }) => (revision === undefined ? [] : [[name, revision]]));
    return {
      binhost: { address, problem: null },
      targets: targets.map(({ name }) => name),
      snapshots: Object.fromEntries(targets.map(({ name, current }) => [name, current])),
      snapshotRevisions: Object.fromEntries(revisions),
      ...(history == null ? {} : { historyRevision: history }),
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const what = signal.aborted ? noAnswerWithin(ANSWER_WITHIN_MS) : messageOf(cause) || "no answer";
    return { binhost: { address, problem: `binhost: ${what}` }, targets: null };
  }
}

type EngineReading = Omit<Reading, "at" | OfBinhost>;

async function readEngine(access: Access, config: SwarmConfig, target: string | undefined): Promise<EngineReading> {
  const empty = { orchestrators: null, fleet: null, run: null, runProblem: null, building: [], others: [] };
  const { connectionSettings } = await import("../connection/options.ts");
  const engine: Service = { address: connectionSettings(config).options.address, problem: null };
  try {
    const client = await access.client();
    return { engine, ...(await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => ask(client, target))) };
  } catch (error) {
    return { engine: { ...engine, problem: problemOf(error, ANSWER_WITHIN_MS) }, ...empty };
  }
}

/** Why the engine did not answer in so many ms, in words for people: gRPC's own are none. */
export function problemOf(error: unknown, ms: number): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  if (code === DEADLINE_EXCEEDED) return noAnswerWithin(ms);
  if (code === UNAVAILABLE) return "no connection";
  return messageOf(cause);
}

const noAnswerWithin = (ms: number): string => `no answer within ${ms / 1000} s`;

async function ask(client: Client, target: string | undefined): Promise<Omit<EngineReading, "engine">> {
  const [orchestrators, runs] = await Promise.all([
    countOrchestrators(client, QUEUES.orchestrator),
    listRuns(client, 20),
  ]);
  const nothing = { orchestrators, fleet: null, run: null, runProblem: null, building: [], others: [] };
  // Queries are answered by orchestrators: without one each would wait for its deadline.
  if (orchestrators === 0) return nothing;
  const chosen = target ?? (runs.find((run) => run.status === "RUNNING") ?? runs[0])?.target;
  const [fleet, { run, runProblem }] = await Promise.all([
    query(client, FLEET_ID, fleetQuery).catch(() => null),
    chosen === undefined ? { run: null, runProblem: null } : readRun(client, chosen),
  ]);
  const others = runs
    .filter((other) => other.status === "RUNNING" && other.target !== chosen)
    .map(({ run: id, target: of, step }) => ({ run: id, target: of, step }));
  const building = run ? await readBuilding(client, run) : [];
  return { orchestrators, fleet, run, runProblem, building, others };
}

function query<Answer>(client: Client, workflowId: string, definition: QueryDefinition<Answer, []>): Promise<Answer> {
  return client.withDeadline(Date.now() + QUERY_WITHIN_MS, () =>
    client.workflow.getHandle(workflowId).query(definition),
  );
}

/** The latest run of a target; null where there was none. */
export async function readRun(client: Client, target: string): Promise<Pick<Reading, "run" | "runProblem">> {
  try {
    const id = worldUpdateId(target);
    const { status, closeTime, runId } = await client.workflow.getHandle(id).describe();
    const isOver = status.name !== "RUNNING" && status.name !== "CONTINUED_AS_NEW";
    const known = ended.get(client)?.get(id);
    if (isOver && known?.runId === runId) return { run: await withQueue(client, known.view), runProblem: null };
    const view = await query(client, id, runQuery);
    if (view.step === "publish" && !isOver) {
      const problem = await publishProblem(client, id);
      return { run: { ...view, reason: problem ?? view.reason }, runProblem: null };
    }
    // A run that the engine ended (terminated, failed by a bug) could not say so itself.
    const cutShort = view.endedAt === null && isOver;
    if (!cutShort) {
      if (isOver) keepEnded(client, id, { runId, view });
      return { run: isOver ? await withQueue(client, view) : view, runProblem: null };
    }
    const cause =
      status.name === "FAILED" ? await failureOf(client, id) : `by the engine: ${status.name.toLowerCase()}`;
    // What it waited for when it was ended, nobody waits for any more.
    const { queued, queue: _queue, stuck: _stuck, ...rest } = view;
    const lost = queued ? `; lost with it what was queued: ${queuedWords(queued)}` : "";
    const end = {
      reason: `ended ${cause}${lost}`,
      endedAt: closeTime?.getTime() ?? Date.now(),
      ...{ etaSeconds: null, etaRange: null, paused: null },
    };
    return { run: { ...rest, ...end, step: status.name === "FAILED" ? "failed" : "cancelled" }, runProblem: null };
  } catch (error) {
    if (error instanceof Error && error.name === "WorkflowNotFoundError") return { run: null, runProblem: null };
    const what = `no orchestrator answered for the run of ${target}`;
    return { run: null, runProblem: isUnanswered(error) ? what : `${what}: ${messageOf(error)}` };
  }
}

/**
 * The last runs that have ended, by workflow id: to ask them again would have an orchestrator go through their whole history
 * each time.
 */
const ended = new WeakMap<Client, Map<string, { runId: string; view: RunView }>>();

function keepEnded(client: Client, workflowId: string, end: { runId: string; view: RunView }): void {
  const known = ended.get(client) ?? new Map<string, { runId: string; view: RunView }>();
  ended.set(client, known.set(workflowId, end));
}

/** Why the publish is tried again; null: it is not. */
async function publishProblem(client: Client, workflowId: string): Promise<string | null> {
  const activities = await pendingActivities(client, workflowId).catch(() => []);
  return activities.find(({ type }) => type === "publish")?.problem ?? null;
}

async function failureOf(client: Client, workflowId: string): Promise<string> {
  const failure = await client.workflow.result(workflowId).then(
    () => null,
    (error: unknown) => (error instanceof Error && error.cause ? error.cause : error),
  );
  return `with an error: ${messageOf(failure)}`;
}

/** What each build does at the moment. A build that ends meanwhile, or never sent a heartbeat, is left out. */
async function readBuilding(client: Client, run: RunView): Promise<BuildingPackage[]> {
  const builds = run.drones.flatMap((drone) => drone.building);
  const read = await Promise.all(
    builds.map(async ({ cpv, attempt, startedAt }): Promise<BuildingPackage[]> => {
      const [activity] = await pendingActivities(client, buildPackageId(run.run, cpv, attempt)).catch(() => []);
      if (activity === undefined) return [];
      const elapsed = (Date.now() - startedAt) / 1000;
      const { type, details, problem } = activity;
      if (type !== "build") return [{ cpv, attempt, phase: type, elapsed, lastLine: "", problem }];
      return isBuildProgress(details) ? [{ cpv, attempt, ...details, problem }] : [];
    }),
  );
  return read.flat();
}

function isBuildProgress(details: unknown): details is BuildProgress {
  if (typeof details !== "object" || details === null) return false;
  const { phase, elapsed, lastLine } = details as Partial<Record<keyof BuildProgress, unknown>>;
  return typeof phase === "string" && typeof elapsed === "number" && typeof lastLine === "string";
}
