import type { RunView } from "../../model/run.ts";
import type { RunParts } from "./runParts.ts";

/**
 * What could start now and does not, and since when the longest-waiting of it could: since its last need was received, its
 * last attempt ended or the step began, whichever was latest.
 */
export function queueOf({ head, placement, records }: RunParts, now: number): Pick<RunView, "queue"> {
  if (head.step !== "build") return {};
  const ended = (index: number): number =>
    records.at(index).attempts.reduce((last, { endedAt = 0 }) => Math.max(last, endedAt), 0);
  let ready = 0;
  let since = now;
  for (const index of placement.ready()) {
    const { notBefore } = records.at(index);
    // After an infrastructure failure it waits on purpose.
    if (notBefore > now) continue;
    ready++;
    const needs = records.graph.packages[index]?.build ?? [];
    since = Math.min(
      since,
      needs.reduce((last, need) => Math.max(last, ended(need)), Math.max(head.stepSince, notBefore, ended(index))),
    );
  }
  return ready === 0 ? {} : { queue: { ready, since } };
}
