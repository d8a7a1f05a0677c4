import type { NextAction } from "../../model/reading.ts";
import type { Paint } from "../paint.ts";

/** A heading, as all screens have it. */
export function title(text: string, paint: Paint): string {
  return paint("title", `═══ ${text} ═══`);
}

/** A label of the left column. */
export function label(text: string): string {
  return `${text}:`.padEnd(14);
}

export function tick(ok: boolean, paint: Paint): string {
  return ok ? paint("good", "✓") : paint("bad", "✗");
}

/** The block that ends status and every command that leaves something to do. */
export function nextActionLines(next: NextAction, paint: Paint): string[] {
  return [
    title("NEXT ACTION", paint),
    ...next.situation,
    ...(next.command === null ? [] : [`  → ${next.verb}: ${paint("title", next.command)}`]),
    ...next.otherwise.map((line) => `    or: ${line}`),
  ];
}
