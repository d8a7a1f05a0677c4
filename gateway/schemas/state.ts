import { z } from "zod";
import type { StateAnswer } from "../../model/answers.ts";
import { DRONE_STATES, type DroneView, type FleetView } from "../../model/fleet.ts";
import type { ServiceHealth } from "../../model/health.ts";
import type { BuildingPackage, NextAction, Reading, Service } from "../../model/reading.ts";
import type { RunView } from "../../model/run.ts";
import { Cpv, Moment, Run } from "./run.ts";

const ServiceSchema: z.ZodType<Service> = z.looseObject({
  address: z.string(),
  problem: z.string().nullable().meta({ description: "Why it does not answer; null: it does." }),
});

export const Drone: z.ZodType<DroneView> = z
  .looseObject({
    facts: z.looseObject({
      name: z.string(),
      id: z.string(),
      cores: z.number(),
      slots: z.number(),
      memoryBytes: z.number(),
      diskFreeBytes: z.number(),
      lowDiskBytes: z.number(),
      portage: z.string(),
      chost: z.string(),
      compiler: z.string(),
      libc: z.string(),
      clock: Moment,
    }),
    state: z.enum(DRONE_STATES),
    paused: z.boolean(),
    grounded: z.string().nullable(),
    strikes: z.int(),
    since: Moment,
  })
  .meta({ id: "Drone", description: "One drone as the fleet sees it." });

export const Fleet: z.ZodType<FleetView> = z.looseObject({
  drones: z.array(Drone),
  refused: z.array(z.looseObject({ name: z.string(), id: z.string(), reason: z.string(), at: Moment })),
});

export const Building: z.ZodType<BuildingPackage> = z.looseObject({
  cpv: Cpv,
  attempt: z.int(),
  phase: z.string(),
  elapsed: z.number().meta({ description: "seconds" }),
  lastLine: z.string(),
  problem: z.string().nullable(),
});

export const ReadingSchema: z.ZodType<Reading> = z
  .looseObject({
    at: Moment,
    engine: ServiceSchema,
    orchestrators: z.int().nullable(),
    binhost: ServiceSchema,
    targets: z.array(z.string()).nullable(),
    snapshots: z
      .record(z.string(), z.string().nullable())
      .exactOptional()
      .meta({ description: "The current snapshot of each target; absent where the binhost does not answer." }),
    snapshotRevisions: z
      .record(z.string(), z.string())
      .exactOptional()
      .meta({ description: "Of each target: another one when its snapshots are others. An older binhost tells none." }),
    historyRevision: z
      .string()
      .exactOptional()
      .meta({ description: "Another one when something was added to the build history. An older binhost tells none." }),
    fleet: Fleet.nullable(),
    run: Run.nullable() as z.ZodType<RunView | null>,
    runProblem: z.string().nullable(),
    building: z.array(Building),
    others: z.array(z.looseObject({ run: z.string(), target: z.string(), step: z.string().nullable() })),
  })
  .meta({ id: "Reading", description: "Everything that the screens show, read at one moment." });

export const Next: z.ZodType<NextAction> = z
  .looseObject({
    situation: z.array(z.string()),
    command: z.string().nullable().meta({ description: "The one command that helps now; null: wait." }),
    verb: z.enum(["Run", "Watch", "Look"]),
    otherwise: z.array(z.string()),
  })
  .meta({ id: "NextAction", description: "What an operator should do now." });

export const Health: z.ZodType<ServiceHealth> = z
  .looseObject({
    kind: z.enum(["engine", "orchestrator", "binhost"]),
    name: z.string(),
    url: z.string(),
    priority: z.int(),
    state: z.enum(["unknown", "in", "out"]),
    streak: z.int(),
    failures: z.int(),
    reason: z.string().nullable().meta({ description: "Why the last check failed." }),
    lastSeen: Moment.nullable(),
    since: Moment,
  })
  .meta({
    id: "Health",
    description: "A service that the gateway looks after: out after 3 failures, in after 2 successes.",
  });

export const State: z.ZodType<StateAnswer> = z
  .looseObject({
    at: Moment.meta({ description: "When the engine last said how things are. ms since the epoch" }),
    stale: z.string().nullable().meta({ description: "Why this may be old; null: it is not." }),
    reading: ReadingSchema,
    nextAction: Next,
    services: z.array(Health),
    alerts: z
      .string()
      .nullable()
      .meta({ description: "Another one when anything of the alerts or their channels is another." }),
    webUi: z.string().nullable().meta({ description: "Temporal's Web UI down to the namespace." }),
    gateway: z.looseObject({ version: z.string(), name: z.string() }),
    role: z.enum(["viewer", "operator"]).nullable(),
  })
  .meta({ id: "State" });
export type State = z.infer<typeof State>;
