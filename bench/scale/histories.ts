import type { Client } from "@temporalio/client";
import { defaultPayloadConverter } from "@temporalio/common";
import type { temporal } from "@temporalio/proto";

export type Event = temporal.api.history.v1.IHistoryEvent;
type Payload = temporal.api.common.v1.IPayload;

/** One execution as the engine has it: a run id of a workflow. */
export interface Execution {
  workflowId: string;
  runId: string;
  type: string;
}

/** What a history says of a package's child. */
export interface ChildEvidence {
  cpv: string;
  drone: string;
  /** `build` activities that completed, and `validate` activities that accepted. */
  built: number;
  accepted: number;
}

/** How large an execution became. */
export interface Size {
  events: number;
  /** Largest single payload. bytes, as stored: after the codec. */
  payload: number;
  /** What that was part of. */
  largest: string;
}

/** All executions of a namespace that a visibility query finds, retried ones and continued ones by themselves. */
export async function executions(client: Client, query: string): Promise<Execution[]> {
  const found: Execution[] = [];
  for await (const { workflowId, runId, type } of client.workflow.list({ query, pageSize: 1_000 })) {
    found.push({ workflowId, runId, type });
  }
  return found;
}

/** All events of an execution, as stored: payloads are not decoded. */
export async function events(client: Client, execution: Execution): Promise<Event[]> {
  const { workflowId, runId } = execution;
  const all: Event[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    all.push(...(page.history?.events ?? []));
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return all;
}

/** Runs something for each item, so many at once. */
export async function forEach<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** What the history of a `buildPackage` proves. */
export function childEvidence({ workflowId }: Execution, history: readonly Event[]): ChildEvidence {
  const types = new Map<string, string>();
  // build/RUN/CATEGORY/NAME-VERSION/ATTEMPT
  const cpv = workflowId.split("/").slice(2, 4).join("/");
  const evidence = { cpv, drone: "", built: 0, accepted: 0 };
  for (const event of history) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const type = scheduled.activityType?.name ?? "";
      types.set(String(event.eventId), type);
      if (type === "build") evidence.drone = (scheduled.taskQueue?.name ?? "").replace(/^drone-/, "");
    }
    const completed = event.activityTaskCompletedEventAttributes;
    if (!completed) continue;
    const type = types.get(String(completed.scheduledEventId));
    if (type === "build") evidence.built++;
    if (type === "validate" && isAccepted(completed.result?.payloads?.[0])) evidence.accepted++;
  }
  return evidence;
}

function isAccepted(payload: Payload | null | undefined): boolean {
  const answer: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : null;
  return typeof answer === "object" && answer !== null && "rejected" in answer && answer.rejected === null;
}

/** Number of events and the largest payload of a history. */
export function sizeOf(history: readonly Event[]): Size {
  const size: Size = { events: history.length, payload: 0, largest: "" };
  for (const event of history) {
    const largest = largestPayload(event);
    if (largest <= size.payload) continue;
    size.payload = largest;
    const kind = Object.keys(event).find((key) => key.endsWith("EventAttributes"));
    size.largest = (kind ?? "").replace("EventAttributes", "");
  }
  return size;
}

function largestPayload(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return 0;
  if (Array.isArray(value)) return value.reduce((most: number, each) => Math.max(most, largestPayload(each)), 0);
  const own = "metadata" in value && "data" in value && value.data instanceof Uint8Array ? value.data.length : 0;
  return Object.values(value).reduce((most: number, each) => Math.max(most, largestPayload(each)), own);
}
