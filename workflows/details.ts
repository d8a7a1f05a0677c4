import type { RunView } from "../model/run.ts";

/** A run as a small Markdown table: what the Web UI shows as the workflow's current details. */
export function runDetails(view: RunView): string {
  const { counts } = view;
  const lines = [
    `**${view.run}**: ${view.step}${view.reason ? `: ${view.reason}` : ""}`,
    "",
    "| needed | building | complete | blocked | skipped |",
    "| --- | --- | --- | --- | --- |",
    `| ${counts.needed} | ${counts.delegated} | ${counts.received} | ${counts.failed} | ${counts.skipped} |`,
    "",
    "| drone | state | building |",
    "| --- | --- | --- |",
    ...view.drones.map(
      (d) => `| ${d.name} | ${d.paused ? "paused" : d.state} | ${d.building.map((b) => b.cpv).join(", ") || "-"} |`,
    ),
  ];
  if (view.paused) lines.push("", `Paused by ${view.paused.by}: ${view.paused.reason}`);
  if (view.step === "gate") lines.push("", "Send the signal `finalize` to publish.");
  return lines.join("\n");
}
