import type { RunEvent } from "../../model/events.ts";
import { readEvents } from "../../watch/eventLog.ts";
import { MAX_EVENTS } from "../../watch/live.ts";
import { worldUpdateId } from "../../workflows/messages.ts";
import type { Services } from "../services.ts";
import type { FoundRun } from "./runs.ts";

/** Whole histories that are kept: reading one of a large run takes the engine seconds. */
const KEPT = 4;
/** One that goes on is read anew after this. ms */
const FRESH_MS = 5_000;

interface Read {
  events: Promise<readonly RunEvent[]>;
  /** Good until then. ms */
  until: number;
}
const read = new WeakMap<Services, Map<string, Read>>();

/**
 * What happened in a run, oldest first: what is at hand, which of the run in progress is the newest part, else all of it.
 * @param after somebody has everything up to this id
 */
export async function eventsOf(
  services: Services,
  target: string,
  { view, events, executionId }: FoundRun,
  after: string | undefined,
): Promise<readonly RunEvent[]> {
  const isCut = events !== null && events.length >= MAX_EVENTS && after !== undefined && after < (events[0]?.id ?? "");
  if (events !== null && !isCut) return events;
  const known = read.get(services) ?? new Map<string, Read>();
  read.set(services, known);
  const found = known.get(view.run);
  if (found && found.until > Date.now()) return await found.events;
  const asked = services.access.client().then((client) => readEvents(client, worldUpdateId(target), executionId));
  known.delete(view.run);
  known.set(view.run, {
    events: asked,
    until: view.endedAt === null ? Date.now() + FRESH_MS : Number.POSITIVE_INFINITY,
  });
  asked.catch(() => known.delete(view.run));
  for (const oldest of known.keys()) if (known.size > KEPT) known.delete(oldest);
  return await asked;
}
