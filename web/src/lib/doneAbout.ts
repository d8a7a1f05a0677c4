import type { RunView } from "../../../model/run.ts";
import { clock, timestamp } from "../../../model/words.ts";

/** So far ahead a time of day alone could be that of the day after. s */
const OF_A_DAY = 20 * 3600;

/** When a run should be done, by the clock; with the day where that could be another one. @param at when that was said, ms */
export function doneAbout({ etaSeconds, etaRange }: Pick<RunView, "etaSeconds" | "etaRange">, at: number): string {
  const seconds = etaSeconds ?? 0;
  const done = at + seconds * 1000;
  const words = Math.max(seconds, etaRange?.high ?? 0) > OF_A_DAY ? timestamp(done) : clock(done);
  return `done about ${words.slice(0, -3)}`;
}
