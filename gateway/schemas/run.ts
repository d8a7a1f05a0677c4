import { z } from "zod";
import { RUN_EVENT_KINDS, type RunEvent } from "../../model/events.ts";
import { type BuildFailure, FAILURE_CLASSES } from "../../model/failures.ts";
import type { QueuedOrder } from "../../model/orders.ts";
import {
  type AttemptView,
  PACKAGE_STATES,
  type PackageView,
  RUN_STEPS,
  type RunDrone,
  type RunRecord,
  type RunView,
} from "../../model/run.ts";

/*
 * What the gateway answers, as its documentation shows it. The types are the model's: a schema that does not have what its
 * type needs is no such schema. Objects may have more than is shown: what is new must not break whoever reads.
 */

export const Moment = z.number().meta({ description: "ms since the epoch" });
export const Cpv = z.string().meta({ description: "category/name-version", example: "dev-libs/openssl-3.0.2" });

const Failure: z.ZodType<BuildFailure> = z.looseObject({
  class: z.enum(FAILURE_CLASSES),
  message: z.string(),
  phase: z.string().exactOptional(),
  logTail: z.array(z.string()).exactOptional(),
});

const Attempt: z.ZodType<AttemptView> = z
  .looseObject({
    attempt: z.int(),
    drone: z.string(),
    jobs: z.int(),
    startedAt: Moment,
    endedAt: Moment.exactOptional(),
    failure: Failure.exactOptional(),
    supersededBy: z.int().exactOptional(),
    copyOf: z.int().exactOptional(),
  })
  .meta({ id: "Attempt", description: "One attempt to build one package." });

export const packageShape = {
  cpv: Cpv,
  state: z.enum(PACKAGE_STATES),
  reason: z.string().meta({ description: "Why it is built." }),
  attempts: z.array(Attempt),
  cause: z.string().exactOptional().meta({ description: "Of what is skipped: the failed package." }),
};
export const Package: z.ZodType<PackageView> = z
  .looseObject(packageShape)
  .meta({ id: "Package", description: "One package of a run." });

const Drone: z.ZodType<RunDrone> = z
  .looseObject({
    name: z.string(),
    cores: z.number(),
    slots: z.number(),
    state: z.enum(["verified", "syncing", "stale", "away"]),
    paused: z.boolean(),
    reason: z.string().nullable(),
    treeTime: z.string().nullable(),
    building: z.array(z.looseObject({ cpv: Cpv, attempt: z.int(), startedAt: Moment, jobs: z.int() })),
  })
  .meta({ id: "RunDrone", description: "A drone's part in a run." });

const Counts = z.looseObject({
  needed: z.int(),
  delegated: z.int(),
  received: z.int(),
  failed: z.int(),
  skipped: z.int(),
});

export const Queued: z.ZodType<QueuedOrder> = z
  .looseObject({
    atoms: z.array(z.string()),
    by: z.string(),
    at: Moment,
    orders: z.array(z.string()).exactOptional(),
  })
  .meta({ id: "QueuedOrder", description: "What was ordered meanwhile: a run of it begins after this one." });

export const Unresolvable = z.array(z.looseObject({ atoms: z.array(z.string()), class: z.string(), text: z.string() }));

export const Run: z.ZodType<RunView> = z
  .looseObject({
    run: z.string(),
    target: z.string(),
    step: z.enum(RUN_STEPS),
    startedAt: Moment,
    endedAt: Moment.nullable(),
    stepSince: Moment,
    counts: Counts,
    etaSeconds: z.number().nullable(),
    etaRange: z.looseObject({ low: z.number(), high: z.number() }).nullable(),
    paused: z.looseObject({ reason: z.string(), by: z.string(), since: Moment }).nullable(),
    prioritized: z.array(Cpv).exactOptional(),
    queued: z.array(Queued).exactOptional(),
    unstarted: z
      .looseObject({ queued: z.array(Queued), reason: z.string() })
      .exactOptional()
      .meta({ description: "What was queued, and why no run of it has begun: it is to be ordered again." }),
    stuck: z.array(z.looseObject({ cpv: Cpv, why: z.string() })).exactOptional(),
    drones: z.array(Drone),
    plan: z.string().nullable(),
    tree: z.string().nullable(),
    bundle: z.string().nullable(),
    base: z.string().nullable(),
    snapshot: z.string().nullable(),
    reason: z.string().nullable(),
    unresolvable: Unresolvable,
    notices: z.array(z.string()),
    failed: z.array(z.looseObject({ cpv: Cpv, message: z.string(), drones: z.array(z.string()) })),
    events: z.array(z.looseObject({ at: Moment, text: z.string() })),
    options: z.looseObject({ autoFinalize: z.boolean(), acceptFailed: z.boolean() }),
  })
  .meta({ id: "Run", description: "A run as every screen shows it." });

export const Record: z.ZodType<RunRecord> = z
  .looseObject({
    run: z.string(),
    target: z.string(),
    status: z.string().meta({ description: "In Temporal's words: RUNNING, COMPLETED, FAILED, TERMINATED." }),
    step: z.string().nullable(),
    startedBy: z.string().nullable(),
    startedAt: Moment,
    endedAt: Moment.nullable(),
    executionId: z.string(),
  })
  .meta({ id: "RunRecord", description: "A run that the engine still knows." });

export const Event: z.ZodType<RunEvent> = z
  .looseObject({
    id: z.string().meta({ description: "Sorts by time." }),
    at: Moment,
    kind: z.enum(RUN_EVENT_KINDS),
    cpv: Cpv.exactOptional(),
    attempt: z.int().exactOptional(),
    drone: z.string().exactOptional(),
    by: z.string().exactOptional(),
    text: z.string(),
  })
  .meta({ id: "RunEvent", description: "One event of a run, as its workflow's history has it." });
