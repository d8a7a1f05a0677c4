import type { Client } from "@temporalio/client";
import { decodeArrayFromPayloads } from "@temporalio/common/lib/internal-non-workflow/codec-helpers.js";
import type { temporal } from "@temporalio/proto";

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

/** gRPC's codes. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
/** An execution of which the engine refuses its own place so often, and tells nothing new between, cannot be read now. */
const MOST_REFUSALS = 5;

/** Which run is read. */
export interface RunPlace {
  workflowId: string;
  /** The engine's id of any execution of the run; null: the latest run of the workflow. */
  runId: string | null;
}

/**
 * Reads the histories of a run's executions, one after the other. The engine forgets the oldest ones while the run goes on: reading
 * begins with the first that it still has, and passes over what is forgotten meanwhile. An execution may come anew from its
 * first event on; and one that somebody has reset in the engine ends, and comes again as another up to where it was reset.
 */
export class RunHistory {
  readonly #place: RunPlace;
  /** The engine's id of the run's first execution: tells it from other runs of the same workflow. */
  readonly #first: string;
  /** Of the execution that is read; empty: none is left. */
  #runId = "";
  /** The engine's, of where to read on; null: from the beginning. */
  #token: Uint8Array | null = null;
  /** The number of the last event that was read of it. */
  #furthest = 0;
  /** How often the engine has refused a place since it told the last of what is new. */
  #refused = 0;
  /** Executions that were begun. */
  readonly #begun = new Set<string>();

  private constructor(place: RunPlace, first: string, runId: string) {
    this.#place = place;
    this.#first = first;
    this.#begin(runId);
  }

  /** null: the engine knows nothing of that run. */
  static async open(client: Client, place: RunPlace): Promise<RunHistory | null> {
    const last = await lastOf(client, place);
    if (last === null) return null;
    const { workflowId } = place;
    const isWhole = (await beforeOf(client, workflowId, last.first)) !== undefined;
    const oldest = isWhole ? last.first : await oldestUpTo(client, workflowId, last.runId, () => false);
    return oldest === null ? null : new RunHistory(place, last.first, oldest);
  }

  /**
   * The next events, maybe none; null: the run has ended, or the engine has forgotten all that was left of it.
   * @param wait where there are no more yet, waits for some; the engine answers without any after a while.
   */
  async read(client: Client, wait: boolean, signal?: AbortSignal): Promise<HistoryEvent[] | null> {
    if (this.#runId === "") return null;
    const { workflowId } = this.#place;
    const ask = () =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: { workflowId, runId: this.#runId },
        waitNewEvent: wait,
        ...(this.#token ? { nextPageToken: this.#token } : {}),
      });
    try {
      const { history, nextPageToken } = await (signal ? abortable(client, signal, ask) : ask());
      const events = history?.events ?? [];
      const last = Number(events.at(-1)?.eventId ?? 0);
      if (last > this.#furthest) {
        this.#furthest = last;
        this.#refused = 0;
      }
      const continued = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
      if (continued) this.#begin(continued);
      else if (nextPageToken?.length) this.#token = nextPageToken;
      else await this.#passOver(client);
      return events;
    } catch (error) {
      const code = codeOf(error);
      if (code === INVALID_ARGUMENT && this.#token) this.#beginAnew();
      else if (code === NOT_FOUND) await this.#passOver(client);
      else throw error;
      return [];
    }
  }

  /** Where nothing follows on an execution, or it is forgotten: there may be executions of the run that were not read. */
  async #passOver(client: Client): Promise<void> {
    const { workflowId } = this.#place;
    const last = await lastOf(client, this.#place);
    // Another run of the workflow has nothing of this one.
    const isSame = last?.first === this.#first;
    const next = isSame && (await oldestUpTo(client, workflowId, last.runId, (runId) => this.#begun.has(runId)));
    this.#begin(next || "");
  }

  #begin(runId: string): void {
    this.#begun.add(runId);
    this.#runId = runId;
    this.#token = null;
    this.#furthest = 0;
    this.#refused = 0;
  }

  #beginAnew(): void {
    this.#token = null;
    if (++this.#refused >= MOST_REFUSALS) this.#runId = "";
  }
}

/** The last execution of a run that is known, with the id of what was its first one. */
async function lastOf(
  client: Client,
  { workflowId, runId }: RunPlace,
): Promise<{ first: string; runId: string } | null> {
  try {
    const { raw } = await client.workflow.getHandle(workflowId, runId ?? undefined).describe();
    const { firstRunId, execution } = raw.workflowExecutionInfo ?? {};
    const own = execution?.runId ?? "";
    return { first: firstRunId || own, runId: own };
  } catch (error) {
    if (error instanceof Error && error.name === "WorkflowNotFoundError") return null;
    throw error;
  }
}

/**
 * The oldest execution from which on the engine has all up to `runId`; each knows only the one before it. null: nothing.
 * @param isRead whether that one, and with it what was before it, is of no interest
 */
async function oldestUpTo(
  client: Client,
  workflowId: string,
  runId: string,
  isRead: (runId: string) => boolean,
): Promise<string | null> {
  let oldest: string | null = null;
  for (let next: string | null = runId; next && !isRead(next); ) {
    const before = await beforeOf(client, workflowId, next);
    if (before === undefined) return oldest;
    oldest = next;
    next = before;
  }
  return oldest;
}

/** The execution that an execution goes on with; null: it is the first; undefined: the engine has nothing of it. */
async function beforeOf(client: Client, workflowId: string, runId: string): Promise<string | null | undefined> {
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      ...{ namespace: client.options.namespace, execution: { workflowId, runId }, maximumPageSize: 1 },
    });
    return history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || null;
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
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
