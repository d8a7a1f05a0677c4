import type { RunEvent } from "../../model/events.ts";
import { EVENT_MARKS } from "../../model/marks.ts";
import { timestamp } from "../../model/words.ts";
import type { Paint } from "../paint.ts";

/** One event: `2026-11-21 14:03:12  ✓ dev-libs/openssl-3.0.2 is received from izar`. */
export function eventLine({ at, kind, text }: RunEvent, paint: Paint): string {
  const [glyph, colour] = EVENT_MARKS[kind];
  // A message with lines of its own must not look like other events.
  return `${paint("faint", timestamp(at))}  ${paint(colour, glyph)} ${text.replaceAll(/\s*\n\s*/g, " ")}`;
}
