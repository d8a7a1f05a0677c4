import { z } from "zod";
import type {
  FailedAnswer,
  ForecastAnswer,
  LogsAnswer,
  Neighbour,
  PackageAnswer,
  PlanAnswer,
} from "../../model/answers.ts";
import type { FailedAttempt, LogInfo } from "../../model/logs.ts";
import { PACKAGE_STATES } from "../../model/run.ts";
import { Cpv, Moment, packageShape, Unresolvable } from "./run.ts";

/* The gateway's own answers; see run.ts. */

const Named: z.ZodType<Neighbour> = z.looseObject({ cpv: Cpv, state: z.enum([...PACKAGE_STATES, "present"]) });
export const Details: z.ZodType<PackageAnswer> = z.looseObject({
  ...packageShape,
  why: z.string(),
  needs: z.array(Named),
  neededBy: z.array(Named),
  estimateSeconds: z.number().nullable(),
  workflows: z.array(z.looseObject({ attempt: z.int(), url: z.string().nullable() })),
});

const Attempt: z.ZodType<FailedAttempt> = z.looseObject({
  cpv: Cpv,
  attempt: z.int(),
  drone: z.string().exactOptional(),
  class: z.string().exactOptional(),
  phase: z.string().exactOptional(),
  message: z.string().exactOptional(),
  errorLine: z.string().exactOptional(),
  around: z.array(z.string()).exactOptional().meta({ description: "The error line and those around it." }),
  endedAt: Moment.exactOptional(),
});

export const Failed: z.ZodType<FailedAnswer> = z
  .looseObject({
    run: z.string(),
    total: z.int(),
    phases: z
      .array(z.looseObject({ phase: z.string().nullable(), count: z.int() }))
      .meta({ description: "How many failed in each, whatever phase was asked for." }),
    attempts: z.array(Attempt),
  })
  .meta({ id: "Failed", description: "Attempts of a run that failed." });

const Log: z.ZodType<LogInfo> = z.looseObject({
  cpv: Cpv,
  attempt: z.int(),
  size: z.int().meta({ description: "bytes" }),
  complete: z.boolean(),
  cut: z.looseObject({ from: z.int(), to: z.int() }).nullable().meta({ description: "Bytes that are not kept." }),
  failed: z.looseObject({ phase: z.string().exactOptional(), errorLine: z.string().exactOptional() }).nullable(),
});

export const Logs: z.ZodType<LogsAnswer> = z
  .looseObject({ run: z.string(), total: z.int(), logs: z.array(Log) })
  .meta({ id: "Logs", description: "The logs that the binhost has of a run." });

export const Plan: z.ZodType<PlanAnswer> = z
  .looseObject({
    run: z.string(),
    target: z.string(),
    total: z.int(),
    waves: z.int(),
    work: z.number().meta({ description: "Core-seconds of everything." }),
    packages: z.array(
      z.looseObject({
        cpv: Cpv,
        wave: z.int(),
        reason: z.string(),
        estimate: z.number().meta({ description: "Core-seconds." }),
        needs: z.array(Cpv).meta({ description: "What it is built with that is built in the same run." }),
      }),
    ),
  })
  .meta({ id: "Plan", description: "What a run builds." });

const Build = z.looseObject({
  cpv: Cpv,
  drone: z.string(),
  jobs: z.int(),
  start: z.number(),
  end: z.number(),
  after: z.enum(["nothing", "needs", "room", "retry"]).meta({ description: "What it starts at the end of." }),
});

export const Forecast: z.ZodType<ForecastAnswer> = z
  .looseObject({
    run: z.string(),
    target: z.string(),
    total: z.int(),
    waves: z.int(),
    work: z.number().meta({ description: "Core-seconds of everything." }),
    cores: z.number().meta({ description: "Of the drones that were verified and are not paused." }),
    forecast: z
      .looseObject({
        seconds: z.looseObject({ low: z.number(), expected: z.number(), high: z.number() }),
        bound: z
          .looseObject({ seconds: z.number(), byPath: z.boolean() })
          .meta({ description: "What no schedule beats if the estimates are right." }),
        asEstimated: z.number(),
        drones: z.array(z.looseObject({ name: z.string(), cores: z.number(), packages: z.int(), busy: z.number() })),
        criticalPath: z.array(Build).meta({ description: "The builds that decide when all is done." }),
      })
      .nullable()
      .meta({ description: "In seconds. null: there is no drone for it, or nothing to build." }),
    unresolvable: Unresolvable,
    notices: z.array(z.string()),
  })
  .meta({ id: "Forecast", description: "What a run's plan takes." });
