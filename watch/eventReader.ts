import type { Client } from "@temporalio/client";
import { z } from "zod";
import type { RunEvent } from "../model/events.ts";
import { queuedWords } from "../model/orders.ts";
import { droneEvents } from "./droneEvents.ts";
import { decode, type HistoryEvent } from "./history.ts";
import { operatorText } from "./operatorText.ts";

const Started = z.object({ run: z.string(), target: z.string(), startedBy: z.string() });
const Child = z.object({
  drone: z.string(),
  order: z.object({ cpv: z.string(), attempt: z.number(), jobs: z.number() }),
});
const Artifact = z.object({ size: z.number() });
const Report = z.object({
  cpv: z.string(),
  attempt: z.number(),
  drone: z.string(),
  artifact: Artifact.optional(),
  failure: z.object({ class: z.string(), message: z.string() }).optional(),
});
const Start = z.object({
  queued: z.array(z.object({ atoms: z.array(z.string()), by: z.string(), at: z.number() })),
});
const Result = z.object({ outcome: z.string(), snapshot: z.string().nullable() });

/** Signals between workflows; what else comes by signal is an operator at the Web UI. */
const INTERNAL = new Set(["packageReport", "fleetChanged"]);

interface Claim {
  cpv: string;
  attempt: number;
  drone: string;
}

type Told = Omit<RunEvent, "id" | "at">;

/**
 * Tells a run's events from the histories of its executions, which must come in order. Keeps only what later events refer
 * to: whose child or activity they are of, where each package was given last, how the drones were.
 */
export class EventReader {
  readonly #client: Client;
  #execution = 0;
  /** Builds by their child's workflow id, until they end. */
  readonly #claims = new Map<string, Claim>();
  /** Activities that wait for a build of an earlier execution, by event id. */
  readonly #awaited = new Map<string, Claim>();
  /** Each drone's last condition. */
  readonly #drones = new Map<string, string>();
  #step: string | null = null;

  constructor(client: Client) {
    this.#client = client;
  }

  async read(events: readonly HistoryEvent[]): Promise<RunEvent[]> {
    const read: RunEvent[] = [];
    for (const event of events) {
      if (event.workflowExecutionStartedEventAttributes) this.#begin();
      const told = await this.#tell(event);
      const at = Math.round(Number(event.eventTime?.seconds ?? 0) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6);
      const place = `${pad(this.#execution, 4)}.${pad(Number(event.eventId), 6)}`;
      read.push(...told.map((each, i) => ({ id: i === 0 ? place : `${place}.${i}`, at, ...each })));
    }
    return read;
  }

  /** What activities are numbered by is of one execution. */
  #begin(): void {
    this.#execution++;
    this.#awaited.clear();
  }

  async #tell(event: HistoryEvent): Promise<Told[]> {
    const first = async (payloads: Parameters<typeof decode>[1]): Promise<unknown> =>
      (await decode(this.#client, payloads))[0];
    if (event.workflowExecutionStartedEventAttributes) {
      const { continuedExecutionRunId, input } = event.workflowExecutionStartedEventAttributes;
      if (continuedExecutionRunId) return [];
      const started = Started.safeParse(await first(input)).data;
      return started
        ? [
            {
              kind: "run",
              by: started.startedBy,
              text: `${started.run} of ${started.target} was started by ${started.startedBy}`,
            },
          ]
        : [];
    }
    if (event.upsertWorkflowSearchAttributesEventAttributes) {
      const { indexedFields } = event.upsertWorkflowSearchAttributesEventAttributes.searchAttributes ?? {};
      const data = indexedFields?.SwarmState?.data;
      return data ? this.#enter(Buffer.from(data).toString()) : [];
    }
    if (event.startChildWorkflowExecutionInitiatedEventAttributes) {
      const { workflowId, input } = event.startChildWorkflowExecutionInitiatedEventAttributes;
      const argument = await first(input);
      return [...this.#claim(workflowId ?? "", argument), ...handedOver(argument)];
    }
    if (event.childWorkflowExecutionStartedEventAttributes) {
      const claim = this.#claimOf(event.childWorkflowExecutionStartedEventAttributes);
      return claim ? [{ kind: "started", ...claim, text: `${claim.cpv} begins on ${claim.drone}` }] : [];
    }
    if (event.childWorkflowExecutionCompletedEventAttributes) {
      const { result } = event.childWorkflowExecutionCompletedEventAttributes;
      return received(this.#claimOf(event.childWorkflowExecutionCompletedEventAttributes), await first(result));
    }
    const violent =
      event.childWorkflowExecutionTerminatedEventAttributes ??
      event.childWorkflowExecutionFailedEventAttributes ??
      event.childWorkflowExecutionTimedOutEventAttributes;
    if (violent) {
      const claim = this.#claimOf(violent);
      return claim ? [{ kind: "failed", ...claim, text: `${claim.cpv}: its workflow was ended by the engine` }] : [];
    }
    if (event.activityTaskScheduledEventAttributes) {
      const { activityType, input } = event.activityTaskScheduledEventAttributes;
      if (activityType?.name !== "outcomeOf") return [];
      const claim = this.#claims.get(String(await first(input)));
      if (claim) this.#awaited.set(String(event.eventId), claim);
      return [];
    }
    if (event.activityTaskCompletedEventAttributes) {
      const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes;
      const claim = this.#awaited.get(String(scheduledEventId));
      return claim ? received(claim, await first(result)) : [];
    }
    if (event.workflowExecutionSignaledEventAttributes) {
      const { signalName, input } = event.workflowExecutionSignaledEventAttributes;
      const argument = await first(input);
      if (signalName === "packageReport") return reported(argument);
      if (signalName === "fleetChanged") return droneEvents(this.#drones, argument);
      return INTERNAL.has(signalName ?? "") ? [] : [asked(signalName ?? "", argument)];
    }
    if (event.workflowExecutionUpdateAcceptedEventAttributes) {
      const { name, args } = event.workflowExecutionUpdateAcceptedEventAttributes.acceptedRequest?.input ?? {};
      return [operated(name ?? "", await first(args), "an operator")];
    }
    if (event.workflowExecutionCancelRequestedEventAttributes) {
      return [{ kind: "operator", by: "the engine", text: "a cancel was asked for in the engine" }];
    }
    if (event.workflowExecutionTimedOutEventAttributes)
      return [{ kind: "run", text: "ended by the engine: timed out" }];
    if (event.workflowExecutionCompletedEventAttributes) {
      const result = Result.safeParse(await first(event.workflowExecutionCompletedEventAttributes.result)).data;
      const text = result?.snapshot ? `published as ${result.snapshot}` : `ended: ${result?.outcome ?? "done"}`;
      return [{ kind: "run", text }];
    }
    if (event.workflowExecutionFailedEventAttributes) {
      const { failure } = event.workflowExecutionFailedEventAttributes;
      return [{ kind: "run", text: `ended with an error: ${failure?.message ?? "no reason was recorded"}` }];
    }
    if (event.workflowExecutionTerminatedEventAttributes) {
      const { reason } = event.workflowExecutionTerminatedEventAttributes;
      return [{ kind: "run", text: `terminated in the engine${reason ? `: ${reason}` : ""}` }];
    }
    return [];
  }

  #enter(json: string): Told[] {
    const step = z.array(z.string()).safeParse(JSON.parse(json)).data?.[0] ?? null;
    if (step === null || step === this.#step) return [];
    this.#step = step;
    return [{ kind: "step", text: `step: ${step}` }];
  }

  #claim(workflowId: string, input: unknown): Told[] {
    const child = Child.safeParse(input).data;
    if (!child) return [];
    const { cpv, attempt, jobs } = child.order;
    const claim = { cpv, attempt, drone: child.drone };
    this.#claims.set(workflowId, claim);
    const words = `${cpv} is given to ${child.drone} (-j${jobs})`;
    return attempt === 1
      ? [{ kind: "claimed", ...claim, text: words }]
      : [{ kind: "reassigned", ...claim, text: `${words}, attempt ${attempt}` }];
  }

  #claimOf({ workflowExecution }: { workflowExecution?: { workflowId?: string | null } | null }): Claim | undefined {
    return this.#claims.get(workflowExecution?.workflowId ?? "");
  }
}

function received(claim: Claim | undefined, result: unknown): Told[] {
  const artifact = Artifact.safeParse(result).data;
  if (!claim || !artifact) return [];
  return [{ kind: "received", ...claim, text: `${claim.cpv} is received from ${claim.drone}` }];
}

function reported(argument: unknown): Told[] {
  const report = Report.safeParse(argument).data;
  if (!report) return [];
  const { cpv, attempt, drone, artifact, failure } = report;
  const claim = { cpv, attempt, drone };
  if (artifact) return received(claim, artifact);
  if (!failure) return [];
  return [{ kind: "failed", ...claim, text: `${cpv} failed on ${drone} (${failure.class}): ${failure.message}` }];
}

/** The run ends, and leaves what was queued to the next one. */
function handedOver(argument: unknown): Told[] {
  const queued = Start.safeParse(argument).data?.queued;
  return queued ? [{ kind: "run", text: `a run begins with what was queued: ${queuedWords(queued)}` }] : [];
}

/** By plain signal: whether the run did it is told by its own remarks, and by what follows. */
function asked(name: string, argument: unknown): Told {
  const by = z.object({ by: z.string() }).safeParse(argument).data?.by ?? "the Web UI";
  return { kind: "operator", by, text: `by signal: ${operatorText(by, name, argument)}` };
}

function operated(name: string, argument: unknown, somebody: string): Told {
  const by = z.object({ by: z.string() }).safeParse(argument).data?.by ?? somebody;
  return { kind: "operator", by, text: operatorText(by, name, argument) };
}

const pad = (number: number, width: number): string => String(number).padStart(width, "0");
