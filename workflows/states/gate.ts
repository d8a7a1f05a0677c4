import type { RunCounts, RunView } from "../../model/run.ts";

/** Why finalize cannot be taken now, or null. */
export function finalizeRefusal(
  { step, snapshot }: Pick<RunView, "step" | "snapshot">,
  counts: RunCounts,
  acceptFailed: boolean,
): string | null {
  if (step === "publish") return "the run is being published already: swarm status";
  if (step === "done") return `the run is published already as ${snapshot ?? "nothing"}`;
  const left = counts.needed + counts.delegated;
  if (step !== "gate") {
    return left > 0
      ? `too early: ${left} package${left === 1 ? "" : "s"} left, ${counts.delegated} of them building. Watch: swarm status`
      : `too early: the run is at the step ${step}`;
  }
  if (counts.received === 0)
    return "nothing was built: there is nothing to publish. Unblock or reset: swarm unblock, swarm reset";
  const bad = counts.failed + counts.skipped;
  if (bad > 0 && !acceptFailed) {
    return `${counts.failed} failed and ${counts.skipped} skipped: look with \`swarm verify\`, then swarm unblock, or publish without them: swarm finalize --accept-failed`;
  }
  return null;
}
