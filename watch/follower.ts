import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@temporalio/client";
import type { RunEvent } from "../model/events.ts";
import { EventReader } from "./eventReader.ts";
import { firstExecution, type Place, readOn } from "./history.ts";

/** Pause after the engine gave no answer. ms */
const RETRY_MS = 1_000;

/**
 * Follows a run's history to its end, with one question at a time that the engine answers when there is something new.
 * @param runId any execution of the run; null: the latest run of the workflow.
 * @param onEvents gets every event once, in order; also what was there before.
 * @param onChange hears of every growth of the history, also where it makes no event.
 */
export async function followRun(
  client: () => Promise<Client>,
  { workflowId, runId }: { workflowId: string; runId: string | null },
  signal: AbortSignal,
  onEvents: (events: RunEvent[]) => void,
  onChange: () => void = () => {},
): Promise<void> {
  let reader: EventReader | null = null;
  let place: Place | null = null;
  while (!signal.aborted) {
    try {
      const engine = await client();
      if (!reader || !place) {
        const execution = await firstExecution(engine, workflowId, runId);
        if (!execution) return;
        reader = new EventReader(engine);
        place = { execution, token: null };
      }
      const { events, next }: Awaited<ReturnType<typeof readOn>> = await readOn(engine, place, true, signal);
      const told = await reader.read(events);
      if (told.length > 0) onEvents(told);
      if (events.length > 0) onChange();
      if (!next) return;
      place = next;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Error && error.name === "WorkflowNotFoundError") return;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}
