import { stat } from "node:fs/promises";
import type { BuildUsage, BuiltArtifact } from "../../model/build.ts";
import type { BuildFailure } from "../../model/failures.ts";
import { classifyBuild } from "../../portage/buildFailure.ts";
import { phaseBegun } from "../../portage/buildLog.ts";
import { errorExcerpt } from "../../portage/errorExcerpt.ts";
import { freeBytes } from "../../system/disk.ts";
import { type Attempt, type AttemptStart, provisionSeconds } from "./attempt.ts";
import { sha256Of } from "./digest.ts";
import { failureOf } from "./failure.ts";
import { bothEnds, endOf, type LogTail } from "./logTail.ts";
import { type BuildResult, type MeasuredUsage, usageOf } from "./supervisor.ts";

const MIB = 1024 * 1024;
/** What a person or program needs of a failed build's log is near its end. */
const LOG_BYTES = 256 * 1024;
/** Looked through for the error, at either end of the phase that failed: a phase may have failed early and gone on. */
const ERROR_BYTES = 2 * MIB;
/** What stands before a phase is shown with an error at its beginning. */
const BEFORE_BYTES = 8 * 1024;
const MIN_PACKAGE_BYTES = 1024;
/** With less than this free at its end, a failed build is not asked for its own reasons. */
const FULL_BYTES = 16 * MIB;

/** The artifact that a build which ended well has left. Its root may be gone. */
export async function artifactOf(
  attempt: Attempt,
  { start, result, adopted, speed }: { start: AttemptStart; result: BuildResult; adopted: boolean; speed: number },
): Promise<BuiltArtifact> {
  const file = attempt.packageFile(start.buildId);
  const size = await stat(file).then(
    (info) => info.size,
    () => 0,
  );
  if (size <= MIN_PACKAGE_BYTES) {
    const message = `Portage ended well, but left no package with BUILD_ID ${start.buildId} (${size} bytes)`;
    throw failureOf({ class: "drone", message, ...(await lastLines(attempt)) });
  }
  const provisioned = (await provisionSeconds(attempt)) ?? 0;
  return {
    cpv: attempt.order.cpv,
    buildId: start.buildId,
    size,
    sha256: await sha256Of(file),
    prepareSeconds: Math.max(0, result.startedAt - start.preparedFrom / 1000) + provisioned,
    buildSeconds: Math.max(0, result.endedAt - result.startedAt - provisioned),
    ...(await usageUntil(attempt, result.endedAt, speed)),
    adopted,
  };
}

/** What is around a failure that only the drone can see. */
export interface Circumstances {
  /** Of this drone's cores. */
  speed: number;
  /** Where the drone's work is. */
  dir: string;
  /** The kernel has killed a process of it for memory. */
  outOfMemory: boolean;
  /** What was read of its log until now. */
  tail: LogTail;
}

/**
 * Why it failed; to be asked before its root is removed, which frees the disk.
 * @param result null where the supervisor died: it was killed, or could not even write down how the build ended.
 */
export async function failureIn(
  attempt: Attempt,
  result: BuildResult | null,
  { dir, outOfMemory, speed, tail }: Circumstances,
): Promise<BuildFailure> {
  const free = await freeBytes(dir);
  const failure: BuildFailure = {
    ...classifyBuild(result ?? { exitCode: null, signal: null }, await endOf(attempt.log, LOG_BYTES)),
    ...(await usageUntil(attempt, result?.endedAt ?? null, speed)),
    ...(await errorOf(attempt.log, tail)),
  };
  if (failure.class === "memory") return failure;
  if (outOfMemory)
    return { ...failure, class: "memory", message: "out of memory: the kernel killed a process of the build" };
  if (free < FULL_BYTES) {
    const message = `disk full: ${(free / MIB).toFixed(1)} MiB are left on the drone`;
    return { ...failure, class: "infrastructure", message };
  }
  if (result !== null || failure.class !== "package") return failure;
  return { ...failure, class: "infrastructure", message: "the build's supervisor was killed from outside" };
}

/** The error of the phase that failed: near the phase's beginning or near the log's end. */
async function errorOf(log: string, tail: LogTail): Promise<Pick<BuildFailure, "errorLine" | "around">> {
  await tail.update().catch(() => {});
  const excerpts = (await bothEnds(log, Math.max(0, tail.phaseFrom - BEFORE_BYTES), ERROR_BYTES)).map(errorExcerpt);
  const found = excerpts.findLast((it) => it?.isCause) ?? excerpts.findLast((it) => it !== null);
  return found ? { errorLine: found.errorLine, around: found.around } : {};
}

export async function lastLines(attempt: Attempt): Promise<{ logTail?: string[] }> {
  const { logTail } = classifyBuild({ exitCode: 1, signal: null }, await endOf(attempt.log, LOG_BYTES));
  return logTail === undefined ? {} : { logTail };
}

/** @param endedAt seconds since the epoch; null: when it was measured last. */
async function usageUntil(attempt: Attempt, endedAt: number | null, speed: number): Promise<{ usage?: BuildUsage }> {
  const measured = await usageOf(attempt);
  if (measured === null) return {};
  const { cpuSeconds, peakMemoryBytes, peakDiskBytes, marks } = measured;
  const phases = phasesOf(marks, endedAt ?? measured.at);
  return { usage: { cpuSeconds, peakMemoryBytes, ...(peakDiskBytes > 0 && { peakDiskBytes }), phases, speed } };
}

/** Wall seconds from the line that begins each phase to that of the next. */
export function phasesOf(marks: MeasuredUsage["marks"], endedAt: number): BuildUsage["phases"] {
  const begun = marks.flatMap(([at, line]) => {
    const name = phaseBegun(line);
    return name === null ? [] : [{ name, at }];
  });
  return begun.map(({ name, at }, i) => ({
    name,
    seconds: Math.round(Math.max(0, (begun[i + 1]?.at ?? endedAt) - at) * 100) / 100,
  }));
}
