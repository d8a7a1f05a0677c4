import type { Client } from "@temporalio/client";
import type { RunEvent } from "../model/events.ts";
import { EventReader } from "./eventReader.ts";
import { RunHistory } from "./history.ts";

/**
 * The events of a run so far, oldest first, from the histories of all its executions that the engine still has; empty where it
 * has none. @param runId an execution of it; null: the latest run of that workflow.
 */
export async function readEvents(client: Client, workflowId: string, runId: string | null): Promise<RunEvent[]> {
  const history = await RunHistory.open(client, { workflowId, runId });
  if (!history) return [];
  const reader = new EventReader(client);
  const events: RunEvent[] = [];
  for (;;) {
    const page = await history.read(client, false);
    if (page === null) return events;
    events.push(...(await reader.read(page)));
  }
}
