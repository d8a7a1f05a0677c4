import { bytes } from "../../model/words.ts";
import { type Line, line, wrap } from "../line.ts";
import type { LogView } from "../state.ts";

export function logTitle(log: LogView | null): string {
  if (!log) return "LOG";
  const { place, complete, top } = log;
  const how = complete ? "complete" : top === null ? "live" : "live, held: End follows";
  return `LOG ${place.cpv}, attempt ${place.attempt} (${how})`;
}

/** The lines that are seen of a log. */
export function logBody(log: LogView | null, width: number, height: number): Line[] {
  if (!log) return [];
  if (log.problem !== null) return wrap(log.problem, width).map((text) => line(["warn", text]));
  const { first, end } = log.text.range;
  if (end === 0) return [line(["faint", log.complete ? "The log is empty." : "Nothing was written yet ..."])];
  const from = firstShown(log, height);
  const shown = log.text
    .lines(from, height)
    .map((text) => line([text.trim() === log.errorLine ? "bad" : undefined, [...text].slice(log.shift).join("")]));
  const { skipped } = log.text;
  // What is not there is said where it would be.
  if (from === first && skipped > 0)
    shown[0] = line(["faint", `... ${bytes(skipped)} before this: swarm logs ${log.place.cpv}`]);
  return shown;
}

/** The line to begin with so that the one that tells why it failed is seen among those around it; null: at its end. */
export function topOfError({ text, errorLine }: Pick<LogView, "text" | "errorLine">, height: number): number | null {
  const found = errorLine === null ? null : text.findLast(errorLine);
  return found === null ? null : Math.max(0, found - Math.floor((height - 1) / 2));
}

/** Number of the first line that is seen in so many rows. */
export function firstShown({ text, top }: LogView, height: number): number {
  const { first, end } = text.range;
  const last = Math.max(first, end - height);
  return top === null ? last : Math.min(last, Math.max(first, top));
}
