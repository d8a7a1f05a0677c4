import type { BuildFailure } from "../../model/failures.ts";
import type { AttemptView, PackageState } from "../../model/run.ts";

/** What a run knows of one package. */
export interface PackageRecord {
  state: PackageState;
  attempts: AttemptView[];
  /** Attempts before this one do not count any more: it was unblocked since. */
  countFrom: number;
  /** Drones that failed it. */
  excluded: string[];
  /** ms since the epoch: not placed before. */
  notBefore: number;
  infrastructureFailures: number;
  memoryFailures: number;
  maxJobs: number | null;
  /** For `skipped`: index of the failed package. */
  cause: number | null;
  /** Of the artifact that was received. Absent where that is less than one, and in runs of earlier versions. */
  mib?: number;
}

export const freshRecord = (): PackageRecord => ({
  state: "needed",
  attempts: [],
  countFrom: 0,
  excluded: [],
  notBefore: 0,
  infrastructureFailures: 0,
  memoryFailures: 0,
  maxJobs: null,
  cause: null,
});

/** As new, with its past kept for the eye only. */
export const unblockedRecord = ({ attempts }: PackageRecord): PackageRecord => ({
  ...freshRecord(),
  attempts,
  countFrom: attempts.length,
});

/** Two drones at most try a broken package. */
const MAX_PACKAGE_FAILURES = 2;
/** A package that fails for the drones' sake on this many of them is broken after all, or nobody would ever say so. */
const MAX_DRONE_FAILURES = 4;
const MAX_MEMORY_FAILURES = 3;
/** First wait after a failure of the infrastructure, doubled each time. ms */
const BACKOFF_MS = 15_000;
const MAX_BACKOFF_MS = 600_000;

/** What follows from a failed attempt, beside the record's change. */
export interface Consequence {
  /** The package is blocked. */
  blocked: boolean;
  /** The drone gets a strike. */
  strike: boolean;
}

/**
 * The failure policy, by what happens next. Changes the record and says what else follows.
 * @param otherDrones whether a drone that has not failed it could take it now.
 */
export function applyFailure(
  record: PackageRecord,
  drone: string,
  failure: BuildFailure,
  now: number,
  otherDrones: (excluded: readonly string[]) => boolean,
): Consequence {
  const exclude = (): void => {
    if (!record.excluded.includes(drone)) record.excluded.push(drone);
  };
  const failures = (kind: BuildFailure["class"]): number =>
    record.attempts.slice(record.countFrom).filter((attempt) => attempt.failure?.class === kind).length;
  record.state = "needed";
  let blocked = false;
  switch (failure.class) {
    case "package":
      exclude();
      blocked = failures("package") >= MAX_PACKAGE_FAILURES || !otherDrones(record.excluded);
      break;
    case "drone":
      exclude();
      blocked = failures("drone") >= MAX_DRONE_FAILURES || !otherDrones(record.excluded);
      break;
    case "memory": {
      const last = record.attempts.findLast((attempt) => attempt.failure?.class === "memory");
      record.memoryFailures++;
      record.maxJobs = Math.max(1, Math.floor((last?.jobs ?? 2) / 2));
      blocked = record.memoryFailures >= MAX_MEMORY_FAILURES;
      break;
    }
    case "infrastructure":
      record.notBefore = now + Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** record.infrastructureFailures);
      record.infrastructureFailures++;
      break;
    case "stale":
    case "lost":
      break;
  }
  if (blocked) record.state = "failed";
  return { blocked, strike: failure.class === "drone" };
}
