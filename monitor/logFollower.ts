import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../model/errors.ts";
import { LogText } from "./logText.ts";
import type { LogPlace, Source } from "./source.ts";
import type { LogView } from "./state.ts";

/** Between two looks at a log that grows. ms */
const PAUSE_MS = 500;

/**
 * Reads a log and goes on while it grows. `show` gets what changes of the view each time.
 * @param signal ends it
 */
export async function followLog(
  source: Pick<Source, "readLog">,
  place: LogPlace,
  signal: AbortSignal,
  show: (change: Partial<LogView>) => void,
): Promise<void> {
  let text: LogText | null = null;
  let begun = 0;
  while (!signal.aborted) {
    let size = 0;
    try {
      const part = await source.readLog(place, text?.end ?? null);
      if (signal.aborted) return;
      if (part) {
        size = part.size;
        if (text !== null && part.begun !== begun) {
          // The attempt was begun anew, and so was its log: what came is a piece from its middle.
          text = null;
          continue;
        }
        if (text === null) text = new LogText(part.offset);
        begun = part.begun;
        text.push(part.bytes, part.offset);
        show({ text, complete: part.complete, problem: null });
        if (part.complete && text.end >= part.size) return;
      } else {
        show({ problem: `There is no log of ${place.cpv}, attempt ${place.attempt}, on the binhost yet.` });
      }
    } catch (error) {
      if (signal.aborted) return;
      // What was read stays on the screen: a binhost that is away for a moment takes nothing away.
      if (text === null) show({ problem: `The log cannot be read: ${messageOf(error)}` });
    }
    if (text === null || text.end >= size) await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}
