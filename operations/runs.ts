import type { Client } from "@temporalio/client";
import type { RunRecord } from "../model/run.ts";
import { worldUpdateId } from "../workflows/messages.ts";

/** The workflow's own record of who started a run and what it is called; kept when the workflow continues as new. */
export interface RunMemo extends Record<string, unknown> {
  run: string;
  startedBy: string;
  /** ms since the epoch: an execution that goes on with a run knows of its own start only. */
  startedAt: number;
  /** Name of the request that has started it, where it may be repeated. */
  order?: string;
  /** Names of the requests that were queued and that it was started for. */
  orders?: string[];
}

/** The last run of a target. */
export interface LatestRun {
  run: string;
  /** Names of the requests that it was started for. */
  orders: string[];
  isInProgress: boolean;
}

/** As the engine knows it at this moment; null: there was none. */
export async function latestRun(client: Client, target: string): Promise<LatestRun | null> {
  try {
    const { status, memo, runId } = await client.workflow.getHandle(worldUpdateId(target)).describe();
    const isInProgress = status.name === "RUNNING" || status.name === "CONTINUED_AS_NEW";
    return { run: typeof memo?.run === "string" ? memo.run : runId, orders: ordersOf(memo), isInProgress };
  } catch (error) {
    if (error instanceof Error && error.name === "WorkflowNotFoundError") return null;
    throw error;
  }
}

/** The run of a target that was started for one of some requests, as the engine remembers; null: it knows of none. */
export async function runOfOrder(
  client: Client,
  target: string,
  isMeant: (order: string) => boolean,
): Promise<string | null> {
  let looked = 0;
  for await (const { memo } of client.workflow.list({ query: `WorkflowId = "${worldUpdateId(target)}"` })) {
    if (typeof memo?.run === "string" && ordersOf(memo).some(isMeant)) return memo.run;
    if (++looked >= LOOKED_THROUGH) return null;
  }
  return null;
}

function ordersOf(memo: Record<string, unknown> | undefined): string[] {
  const { order, orders } = memo ?? {};
  return [order, ...(Array.isArray(orders) ? orders : [])].filter((name) => typeof name === "string");
}

/** Runs of a target that are looked through for what a request has started before. */
const LOOKED_THROUGH = 500;
const PREFIX = "world-update/";

/** The runs that the engine still knows, newest first; `running` leaves out those that ended. */
export async function listRuns(client: Client, limit: number, running = false): Promise<RunRecord[]> {
  // What continued as new is the earlier part of a run that is listed with its last part.
  const status = running ? "ExecutionStatus = 'Running'" : "ExecutionStatus != 'ContinuedAsNew'";
  const query = `WorkflowType = 'worldUpdate' AND ${status}`;
  const runs: RunRecord[] = [];
  for await (const execution of client.workflow.list({ query, pageSize: Math.min(limit, 100) })) {
    const { memo, searchAttributes } = execution;
    const attribute = (name: string): string | null => {
      const value = searchAttributes[name]?.[0];
      return typeof value === "string" ? value : null;
    };
    runs.push({
      run: typeof memo?.run === "string" ? memo.run : (attribute("SwarmRun") ?? execution.runId),
      target: execution.workflowId.slice(PREFIX.length),
      status: execution.status.name,
      step: attribute("SwarmState"),
      startedBy: typeof memo?.startedBy === "string" ? memo.startedBy : null,
      startedAt: typeof memo?.startedAt === "number" ? memo.startedAt : execution.startTime.getTime(),
      endedAt: execution.closeTime?.getTime() ?? null,
      executionId: execution.runId,
    });
    if (runs.length >= limit) break;
  }
  return runs.sort((a, b) => b.startedAt - a.startedAt);
}
