import type { Client } from "@temporalio/client";
import { decodeArrayFromPayloads } from "@temporalio/common/lib/internal-non-workflow/codec-helpers.js";
import type { temporal } from "@temporalio/proto";

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

/** One workflow execution. */
export interface Execution {
  workflowId: string;
  /** The engine's id of it. */
  runId: string;
}

/** Where a reader of a history is. */
export interface Place {
  execution: Execution;
  /** Of the engine; null: at the begin. */
  token: Uint8Array | null;
}

/** The first execution of the run that an execution is of; null: the engine knows none. @param runId null: the latest. */
export async function firstExecution(
  client: Client,
  workflowId: string,
  runId: string | null,
): Promise<Execution | null> {
  try {
    const { raw } = await client.workflow.getHandle(workflowId, runId ?? undefined).describe();
    const { firstRunId, execution } = raw.workflowExecutionInfo ?? {};
    return { workflowId, runId: firstRunId || execution?.runId || "" };
  } catch (error) {
    if (error instanceof Error && error.name === "WorkflowNotFoundError") return null;
    throw error;
  }
}

/**
 * The next events of a history, and where to read on; null: it has ended.
 * @param wait where there are no more yet, waits for some; the engine answers without any after a while.
 */
export async function readOn(
  client: Client,
  { execution, token }: Place,
  wait: boolean,
  signal?: AbortSignal,
): Promise<{ events: HistoryEvent[]; next: Place | null }> {
  const ask = () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution,
      waitNewEvent: wait,
      ...(token ? { nextPageToken: token } : {}),
    });
  const { history, nextPageToken } = await (signal ? abortable(client, signal, ask) : ask());
  const events = history?.events ?? [];
  const continued = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  if (continued) return { events, next: { execution: { ...execution, runId: continued }, token: null } };
  return { events, next: nextPageToken?.length ? { execution, token: nextPageToken } : null };
}

/**
 * Asks with a signal of its own: the SDK listens to the one it is given for as long as that lives, and keeps with it all that
 * was answered.
 */
async function abortable<T>(client: Client, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const own = new AbortController();
  const stop = (): void => own.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await client.withAbortSignal(own.signal, ask);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Takes the values out of payloads. What cannot be read any more is undefined. */
export async function decode(client: Client, payloads: Payloads): Promise<unknown[]> {
  return decodeArrayFromPayloads(client.options.loadedDataConverter, payloads?.payloads).catch(() => []);
}
