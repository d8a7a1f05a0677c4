import type { FailedAnswer } from "../../model/answers.ts";
import type { FailedAttempt } from "../../model/logs.ts";
import { failedAttempts, failedPastAttempts } from "../../operations/buildLogs.ts";
import type { Services } from "../services.ts";
import { runOf } from "./runs.ts";

export interface FailedSelection {
  phase?: string | undefined;
  limit: number;
  offset: number;
}

/** The attempts of a run that failed. HttpError: there was no such run, and there are no logs of one. */
export async function failedOf(
  services: Services,
  target: string,
  run: string | undefined,
  { phase, limit, offset }: FailedSelection,
): Promise<FailedAnswer> {
  const found = await attemptsOf(services, target, run);
  const wanted = phase === undefined ? found.attempts : found.attempts.filter((each) => each.phase === phase);
  const counts = [...Map.groupBy(found.attempts, (each) => each.phase ?? null)].map(([name, those]) => ({
    phase: name,
    count: those.length,
  }));
  return {
    run: found.run,
    total: wanted.length,
    phases: counts.sort((a, b) => b.count - a.count),
    attempts: wanted.slice(offset, offset + limit),
  };
}

async function attemptsOf(
  services: Services,
  target: string,
  run: string | undefined,
): Promise<{ run: string; attempts: FailedAttempt[] }> {
  try {
    const found = await runOf(services, target, run);
    return { run: found.view.run, attempts: failedAttempts(await found.packages()) };
  } catch (error) {
    // What the engine has forgotten, or nobody can say now, the binhost was told with the end of each log.
    const kept = run === undefined ? null : await failedPastAttempts(services.access, run).catch(() => null);
    if (run === undefined || kept === null) throw error;
    return { run, attempts: kept };
  }
}
