import type { Client } from "@temporalio/client";

/** The workflow's own record of who started a run and what it is called; kept when the workflow continues as new. */
export interface RunMemo extends Record<string, unknown> {
  run: string;
  startedBy: string;
}

/** One execution of a world update, as the engine lists it. */
export interface RunRecord {
  run: string;
  target: string;
  /** In Temporal's words: RUNNING, COMPLETED, FAILED, TERMINATED... */
  status: string;
  /** The run's step when it last said it. */
  step: string | null;
  startedBy: string | null;
  /** ms since the epoch */
  startedAt: number;
  endedAt: number | null;
  /** Engine's id of the (last) execution. */
  executionId: string;
}

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
      startedAt: execution.startTime.getTime(),
      endedAt: execution.closeTime?.getTime() ?? null,
      executionId: execution.runId,
    });
    if (runs.length >= limit) break;
  }
  return runs.sort((a, b) => b.startedAt - a.startedAt);
}
