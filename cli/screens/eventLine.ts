import type { RunEvent, RunEventKind } from "../../model/events.ts";
import { timestamp } from "../../model/words.ts";
import type { Paint } from "../paint.ts";

const GLYPHS: Record<RunEventKind, [glyph: string, colour: Parameters<Paint>[0]]> = {
  run: ["■", "name"],
  step: ["■", "faint"],
  claimed: ["→", "name"],
  started: ["·", "faint"],
  received: ["✓", "good"],
  failed: ["✗", "bad"],
  reassigned: ["↻", "warn"],
  drone: ["!", "warn"],
  operator: ["@", "name"],
};

/** One event: `2026-11-21 14:03:12  ✓ dev-libs/openssl-3.0.2 is received from izar`. */
export function eventLine({ at, kind, text }: RunEvent, paint: Paint): string {
  const [glyph, colour] = GLYPHS[kind];
  return `${paint("faint", timestamp(at))}  ${paint(colour, glyph)} ${text}`;
}
