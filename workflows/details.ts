import { queuedWords } from "../model/orders.ts";
import type { RunState } from "./states/run.ts";
import { shownState } from "./states/runDrones.ts";

/**
 * A run as a small Markdown table: what the Web UI shows as the workflow's current details. Made anew whenever something
 * has changed, so it asks for nothing that must be counted over all packages' paths.
 */
export function runDetails(state: Pick<RunState, "head" | "counts" | "drones" | "delegations" | "orders">): string {
  const { run, step, reason, paused } = state.head;
  const counts = state.counts();
  const building = Map.groupBy(state.delegations(), ({ drone }) => drone);
  const cpvs = (drone: string): string => (building.get(drone) ?? []).map(({ cpv }) => cpv).join(", ") || "-";
  const lines = [
    `**${run}**: ${step}${reason ? `: ${reason}` : ""}`,
    "",
    "| needed | building | complete | blocked | skipped |",
    "| --- | --- | --- | --- | --- |",
    `| ${counts.needed} | ${counts.delegated} | ${counts.received} | ${counts.failed} | ${counts.skipped} |`,
    "",
    "| drone | state | building |",
    "| --- | --- | --- |",
    ...state.drones.all().map((d) => `| ${d.name} | ${d.paused ? "paused" : shownState(d)} | ${cpvs(d.name)} |`),
  ];
  if (paused) lines.push("", `Paused by ${paused.by}: ${paused.reason}`);
  const queued = state.orders.all();
  if (queued.length > 0) lines.push("", `Queued for after it: ${queuedWords(queued)}`);
  if (step === "gate") lines.push("", "Send the signal `finalize` to publish.");
  return lines.join("\n");
}
