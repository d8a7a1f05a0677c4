import type { Client } from "@temporalio/client";
import { z } from "zod";
import type { RunEvent } from "../model/events.ts";
import { queuedWords } from "../model/orders.ts";
import { droneEvents } from "./droneEvents.ts";
import { decode, type HistoryEvent } from "./history.ts";
import { operatorText } from "./operatorText.ts";

const Input = z.object({ run: z.string(), target: z.string(), startedBy: z.string() });
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
  /** Absent: who got it is in a history that the engine has forgotten. */
  drone?: string;
}

type Told = Omit<RunEvent, "id" | "at">;
type Started = NonNullable<HistoryEvent["workflowExecutionStartedEventAttributes"]>;

/**
 * Tells a run's events from the histories of its executions, which must come in order. Keeps only what later events refer
 * to: whose child or activity they are of, where each package was given last, how the drones were.
 */
export class EventReader {
  readonly #client: Client;
  /** When the execution began that is read, ms since the epoch: comes first in its events' ids. */
  #begun = 0;
  /** The engine's id of the one that goes on with it. */
  #next: string | null = null;
  /** Where the newest event was that was read. Where an execution is read anew, no event is told again. */
  #place = "";
  /** Builds, by package and attempt. */
  readonly #claims = new Map<string, Claim>();
  /** Those that have ended: kept as long as their execution may be read anew. */
  readonly #settled = new Set<string>();
  /** Activities that wait for a build of an earlier execution, by event id. */
  readonly #awaited = new Map<string, Claim>();
  /** Each drone's last condition. */
  readonly #drones = new Map<string, string>();
  /** How they were before is forgotten. */
  #isNew = false;
  #step: string | null = null;

  constructor(client: Client) {
    this.#client = client;
  }

  async read(events: readonly HistoryEvent[]): Promise<RunEvent[]> {
    const read: RunEvent[] = [];
    for (const event of events) {
      const at = Math.round(Number(event.eventTime?.seconds ?? 0) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6);
      const begun = event.workflowExecutionStartedEventAttributes;
      const told = [...(begun ? this.#begin(begun, at) : []), ...(await this.#tell(event, at))];
      const place = `${pad(this.#begun, 13)}.${pad(Number(event.eventId), 6)}`;
      if (place <= this.#place) continue;
      this.#place = place;
      read.push(...told.map((each, i) => ({ id: i === 0 ? place : `${place}.${pad(i, 3)}`, at, ...each })));
    }
    return read;
  }

  /** Another execution, or the same one anew. What activities are numbered by is of one execution. */
  #begin({ originalExecutionRunId, continuedExecutionRunId }: Started, at: number): Told[] {
    const isNext = !continuedExecutionRunId || originalExecutionRunId === this.#next || at === this.#begun;
    this.#begun = at;
    this.#awaited.clear();
    this.#isNew ||= !isNext;
    return isNext ? [] : [{ kind: "run", text: "what happened before this is no longer kept by the engine" }];
  }

  async #tell(event: HistoryEvent, at: number): Promise<Told[]> {
    const first = async (payloads: Parameters<typeof decode>[1]): Promise<unknown> =>
      (await decode(this.#client, payloads))[0];
    if (event.workflowExecutionStartedEventAttributes) {
      const { continuedExecutionRunId, input } = event.workflowExecutionStartedEventAttributes;
      if (continuedExecutionRunId) return [];
      const started = Input.safeParse(await first(input)).data;
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
    if (event.workflowTaskFailedEventAttributes?.newRunId) {
      // What follows has the numbers of events that are void now.
      this.#begun = at;
      return [{ kind: "run", text: "reset in the engine: what happened since its earlier state is void" }];
    }
    if (event.upsertWorkflowSearchAttributesEventAttributes) {
      const { indexedFields } = event.upsertWorkflowSearchAttributesEventAttributes.searchAttributes ?? {};
      const data = indexedFields?.SwarmState?.data;
      return data ? this.#enter(Buffer.from(data).toString()) : [];
    }
    if (event.startChildWorkflowExecutionInitiatedEventAttributes) {
      const argument = await first(event.startChildWorkflowExecutionInitiatedEventAttributes.input);
      return [...this.#claim(argument), ...handedOver(argument)];
    }
    if (event.childWorkflowExecutionStartedEventAttributes) {
      const claim = this.#claimOf(event.childWorkflowExecutionStartedEventAttributes);
      return claim ? [{ kind: "started", ...claim, text: `${claim.cpv}: ${claim.drone} is asked to build it` }] : [];
    }
    if (event.childWorkflowExecutionCompletedEventAttributes) {
      const { result } = event.childWorkflowExecutionCompletedEventAttributes;
      return received(
        this.#settle(this.#claimOf(event.childWorkflowExecutionCompletedEventAttributes)),
        await first(result),
      );
    }
    const violent =
      event.childWorkflowExecutionTerminatedEventAttributes ??
      event.childWorkflowExecutionFailedEventAttributes ??
      event.childWorkflowExecutionTimedOutEventAttributes;
    if (violent) {
      const claim = this.#settle(this.#claimOf(violent));
      return claim ? [{ kind: "failed", ...claim, text: `${claim.cpv}: its workflow was ended by the engine` }] : [];
    }
    if (event.activityTaskScheduledEventAttributes) {
      const { activityType, input } = event.activityTaskScheduledEventAttributes;
      if (activityType?.name !== "outcomeOf") return [];
      const key = keyOf(String(await first(input)));
      const claim = key === null ? null : (this.#claims.get(key) ?? forgotten(key));
      if (claim) this.#awaited.set(String(event.eventId), claim);
      return [];
    }
    if (event.activityTaskCompletedEventAttributes) {
      const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes;
      return received(this.#settle(this.#awaited.get(String(scheduledEventId))), await first(result));
    }
    if (event.activityTaskFailedEventAttributes) {
      this.#settle(this.#awaited.get(String(event.activityTaskFailedEventAttributes.scheduledEventId)));
      return [];
    }
    if (event.workflowExecutionSignaledEventAttributes) {
      const { signalName, input } = event.workflowExecutionSignaledEventAttributes;
      const [argument, more] = await decode(this.#client, input);
      if (signalName === "packageReport") return this.#reported(argument);
      if (signalName === "fleetChanged") return this.#fleetChanged(argument, more);
      return INTERNAL.has(signalName ?? "") ? [] : [asked(signalName ?? "", argument)];
    }
    if (event.workflowExecutionUpdateAcceptedEventAttributes) {
      const { name, args } = event.workflowExecutionUpdateAcceptedEventAttributes.acceptedRequest?.input ?? {};
      return [operated(name ?? "", await first(args), "an operator")];
    }
    if (event.workflowExecutionCancelRequestedEventAttributes) {
      return [{ kind: "operator", by: "the engine", text: "a cancel was asked for in the engine" }];
    }
    if (event.workflowExecutionContinuedAsNewEventAttributes) {
      this.#next = event.workflowExecutionContinuedAsNewEventAttributes.newExecutionRunId ?? null;
      for (const key of this.#settled) this.#claims.delete(key);
      this.#settled.clear();
      return [];
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

  #fleetChanged(views: unknown, actions: unknown): Told[] {
    const told = droneEvents(this.#drones, views, actions);
    const isNews = !this.#isNew;
    this.#isNew = false;
    return isNews ? told : told.filter(({ kind }) => kind === "operator");
  }

  #enter(json: string): Told[] {
    const step = z.array(z.string()).safeParse(JSON.parse(json)).data?.[0] ?? null;
    if (step === null || step === this.#step) return [];
    this.#step = step;
    return [{ kind: "step", text: `step: ${step}` }];
  }

  #claim(input: unknown): Told[] {
    const child = Child.safeParse(input).data;
    if (!child) return [];
    const { cpv, attempt, jobs } = child.order;
    const claim = { cpv, attempt, drone: child.drone };
    this.#claims.set(keyOfClaim(claim), claim);
    const words = `${cpv} is given to ${child.drone} (-j${jobs})`;
    return attempt === 1
      ? [{ kind: "claimed", ...claim, text: words }]
      : [{ kind: "reassigned", ...claim, text: `${words}, attempt ${attempt}` }];
  }

  #claimOf({ workflowExecution }: { workflowExecution?: { workflowId?: string | null } | null }): Claim | undefined {
    return this.#claims.get(keyOf(workflowExecution?.workflowId ?? "") ?? "");
  }

  /** It has ended. */
  #settle(claim: Claim | undefined): Claim | undefined {
    if (claim) this.#settled.add(keyOfClaim(claim));
    return claim;
  }

  #reported(argument: unknown): Told[] {
    const report = Report.safeParse(argument).data;
    if (!report) return [];
    const { cpv, attempt, drone, artifact, failure } = report;
    const claim = { cpv, attempt, drone };
    this.#settle(claim);
    if (artifact) return received(claim, artifact);
    if (!failure) return [];
    return [{ kind: "failed", ...claim, text: `${cpv} failed on ${drone} (${failure.class}): ${failure.message}` }];
  }
}

const keyOfClaim = ({ cpv, attempt }: Claim): string => `${cpv}/${attempt}`;

/** Of a build, by its workflow's id; null: that is of none. */
function keyOf(workflowId: string): string | null {
  return /^build\/[^/]+\/([^/]+\/[^/]+\/\d+)$/.exec(workflowId)?.[1] ?? null;
}

/** A build that an execution gave away of which nothing is kept; what is still known of it is in its workflow's id. */
function forgotten(key: string): Claim {
  const at = key.lastIndexOf("/");
  return { cpv: key.slice(0, at), attempt: Number(key.slice(at + 1)) };
}

function received(claim: Claim | undefined, result: unknown): Told[] {
  const artifact = Artifact.safeParse(result).data;
  if (!claim || !artifact) return [];
  const from = claim.drone === undefined ? "" : ` from ${claim.drone}`;
  return [{ kind: "received", ...claim, text: `${claim.cpv} is received${from}` }];
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
