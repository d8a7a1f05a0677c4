import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { z } from "zod";
import { FAILURE_CLASSES } from "../model/failures.ts";
import { type AttemptRecord, type BuildSample, HISTORY_FORMAT, type HistorySummary } from "../model/history.ts";
import { isName, isRunId } from "../model/names.ts";
import { splitCpv } from "../portage/cpv.ts";

/** Longer ones are cut: a sentence is meant. characters */
const MESSAGE_LENGTH = 1000;

/** Longer than the name of any file could be made of one. characters */
const CPV_LENGTH = 400;

const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const phase = z.strictObject({ name: z.string().max(64), seconds });

/** An attempt as it is exchanged: JSON of AttemptRecord. */
export const AttemptRecordSchema: z.ZodType<AttemptRecord> = z
  .strictObject({
    run: z.string().refine(isRunId, "not a run's id"),
    target: z.string().refine(isName, "not a target's name"),
    cpv: z
      .string()
      .max(CPV_LENGTH)
      .refine((text) => typeof splitCpv(text) !== "string", "not a package version"),
    drone: z.string().refine(isName, "not a drone's name"),
    attempt: count,
    jobs: count,
    startedAt: count,
    endedAt: count,
    result: z.enum(["built", "cancelled", ...FAILURE_CLASSES]),
    message: z.string().max(MESSAGE_LENGTH).nullable(),
    prepareSeconds: seconds.nullable(),
    buildSeconds: seconds.nullable(),
    uploadSeconds: seconds.nullable(),
    phases: z.array(phase).max(100),
    cpuSeconds: seconds.nullable(),
    peakMemoryBytes: count.nullable(),
    peakDiskBytes: count.nullish(),
    speed: z.number().positive().nullish(),
    sourceBytes: count.nullable(),
    artifactBytes: count.nullable(),
  })
  .refine(({ startedAt, endedAt }) => startedAt <= endedAt, "endedAt is before startedAt");

/** Says which exchange format this is; a newer one is told from one that is none. */
export const FormatSchema = z.object({ format: z.literal(HISTORY_FORMAT.format), version: z.int().positive() });

/** A position in the export. */
export const ExportKeySchema = z.object({ run: z.string(), cpv: z.string(), attempt: z.coerce.number().int() });
export type ExportKey = z.infer<typeof ExportKeySchema>;

export const AttemptListSchema = z.object({ total: count, attempts: z.array(AttemptRecordSchema) });
export const ExportPageSchema = z.object({ attempts: z.array(AttemptRecordSchema), more: z.boolean() });
export const ImportedSchema = z.object({ added: count, known: count });
export type Imported = z.infer<typeof ImportedSchema>;

export const BuildSampleSchema: z.ZodType<BuildSample> = z.object({
  target: z.string(),
  cpv: z.string(),
  jobs: count,
  endedAt: count,
  prepareSeconds: seconds.nullable(),
  buildSeconds: seconds.nullable(),
  phases: z.array(phase),
  cpuSeconds: seconds.nullable(),
  peakMemoryBytes: count.nullable(),
  peakDiskBytes: count.nullish(),
  speed: z.number().positive().nullish(),
});

export const HistorySummarySchema: z.ZodType<HistorySummary> = z.object({
  attempts: count,
  packages: z.array(
    z.object({
      name: z.string(),
      attempts: count,
      failures: count,
      totalSeconds: seconds,
      slowestSeconds: seconds.nullable(),
    }),
  ),
  drones: z.array(z.object({ drone: z.string(), attempts: count, failures: count, totalSeconds: seconds })),
});

/** The columns of a record, in the order of `rowOf`. */
export const COLUMNS =
  "run, cpv, attempt, target, category, package, version, drone, jobs, started, ended, result, message, " +
  "prepare, build, upload, source_bytes, artifact_bytes, phases, cpu, memory, disk, speed";

/** A record as a row. */
export function rowOf(record: AttemptRecord): SQLInputValue[] {
  const parts = splitCpv(record.cpv);
  if (typeof parts === "string") throw new Error(`${record.cpv}: ${parts}`);
  return [
    ...[record.run, record.cpv, record.attempt, record.target, parts.category, parts.name, parts.fullVersion],
    ...[record.drone, record.jobs, Math.round(record.startedAt), Math.round(record.endedAt), record.result],
    record.message?.slice(0, MESSAGE_LENGTH) ?? null,
    ...[record.prepareSeconds, record.buildSeconds, record.uploadSeconds, record.sourceBytes, record.artifactBytes],
    JSON.stringify(record.phases.map(({ name, seconds }) => [name, seconds])),
    ...[record.cpuSeconds, record.peakMemoryBytes, record.peakDiskBytes ?? null, record.speed ?? null],
  ];
}

const Row = z.object({
  run: z.string(),
  cpv: z.string(),
  attempt: z.number(),
  target: z.string(),
  drone: z.string(),
  jobs: z.number(),
  started: z.number(),
  ended: z.number(),
  result: z.enum(["built", "cancelled", ...FAILURE_CLASSES]),
  message: z.string().nullable(),
  prepare: z.number().nullable(),
  build: z.number().nullable(),
  upload: z.number().nullable(),
  source_bytes: z.number().nullable(),
  artifact_bytes: z.number().nullable(),
  phases: z.string().transform((text) => z.array(z.tuple([z.string(), z.number()])).parse(JSON.parse(text))),
  cpu: z.number().nullable(),
  memory: z.number().nullable(),
  disk: z.number().nullable(),
  speed: z.number().nullable(),
});

/** A row as a record. */
export function recordOf(row: Record<string, SQLOutputValue>): AttemptRecord {
  const it = Row.parse(row);
  return {
    run: it.run,
    target: it.target,
    cpv: it.cpv,
    drone: it.drone,
    attempt: it.attempt,
    jobs: it.jobs,
    startedAt: it.started,
    endedAt: it.ended,
    result: it.result,
    message: it.message,
    prepareSeconds: it.prepare,
    buildSeconds: it.build,
    uploadSeconds: it.upload,
    phases: it.phases.map(([name, seconds]) => ({ name, seconds })),
    cpuSeconds: it.cpu,
    peakMemoryBytes: it.memory,
    peakDiskBytes: it.disk,
    speed: it.speed,
    sourceBytes: it.source_bytes,
    artifactBytes: it.artifact_bytes,
  };
}

/** The columns that `sampleOf` reads. */
export const SAMPLE_COLUMNS = "target, cpv, jobs, ended, prepare, build, phases, cpu, memory, disk, speed";
const SampleRow = Row.pick({
  ...{ target: true, cpv: true, jobs: true, ended: true, prepare: true, build: true },
  ...{ phases: true, cpu: true, memory: true, disk: true, speed: true },
});

/** What of a row an estimate needs. */
export function sampleOf(row: Record<string, SQLOutputValue>): BuildSample {
  const it = SampleRow.parse(row);
  return {
    target: it.target,
    cpv: it.cpv,
    jobs: it.jobs,
    endedAt: it.ended,
    prepareSeconds: it.prepare,
    buildSeconds: it.build,
    phases: it.phases.map(([name, seconds]) => ({ name, seconds })),
    cpuSeconds: it.cpu,
    peakMemoryBytes: it.memory,
    peakDiskBytes: it.disk,
    speed: it.speed,
  };
}
