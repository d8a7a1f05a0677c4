import { workflowInfo } from "@temporalio/workflow";
import type { RunChanges } from "./messages.ts";
import type { RunState } from "./states/run.ts";

/**
 * What has changed of a run's packages. A revision is of one execution: `<execution's id>.<plan>.<number>`; the records are
 * made anew when the run continues as new, and with the plan.
 */
export function changesOf(state: Pick<RunState, "changes" | "head">, since: unknown): RunChanges {
  const epoch = `${workflowInfo().runId}.${state.head.plan?.slice(0, 12) ?? ""}`;
  const known =
    typeof since === "string" && since.startsWith(`${epoch}.`) ? Number(since.slice(epoch.length + 1)) : null;
  const { revision, full, packages } = state.changes(Number.isInteger(known) ? known : null);
  return { revision: `${epoch}.${revision}`, full, packages };
}
