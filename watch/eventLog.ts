import type { Client } from "@temporalio/client";
import type { RunEvent } from "../model/events.ts";
import { EventReader } from "./eventReader.ts";
import { firstExecution, type Place, readOn } from "./history.ts";

/**
 * The events of a run so far, oldest first, from the histories of all its executions; empty where the engine has none of it
 * any more. @param runId an execution of it; null: the latest run of that workflow.
 */
export async function readEvents(client: Client, workflowId: string, runId: string | null): Promise<RunEvent[]> {
  const execution = await firstExecution(client, workflowId, runId);
  if (!execution) return [];
  const reader = new EventReader(client);
  const events: RunEvent[] = [];
  for (let place: Place | null = { execution, token: null }; place; ) {
    const { events: page, next }: Awaited<ReturnType<typeof readOn>> = await readOn(client, place, false);
    events.push(...(await reader.read(page)));
    place = next;
  }
  return events;
}
