import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@temporalio/client";
import type { RunEvent } from "../model/events.ts";
import { EventReader } from "./eventReader.ts";
import { RunHistory, type RunPlace } from "./history.ts";

/** Pause after the engine gave no answer. ms */
const RETRY_MS = 1_000;

/**
 * Follows a run's history to its end, with one question at a time that the engine answers when there is something new.
 * @param onEvents gets every event once, in order; also what was there before.
 * @param onChange hears of every growth of the history, also where it makes no event.
 */
export async function followRun(
  client: () => Promise<Client>,
  run: RunPlace,
  signal: AbortSignal,
  onEvents: (events: RunEvent[]) => void,
  onChange: () => void = () => {},
): Promise<void> {
  let history: RunHistory | null = null;
  let reader: EventReader | null = null;
  while (!signal.aborted) {
    try {
      const engine = await client();
      history ??= await RunHistory.open(engine, run);
      if (!history) return;
      reader ??= new EventReader(engine);
      const events = await history.read(engine, true, signal);
      if (events === null) return;
      const told = await reader.read(events);
      if (told.length > 0) onEvents(told);
      if (events.length > 0) onChange();
    } catch {
      if (signal.aborted) return;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}
