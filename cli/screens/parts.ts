import type { RunStep } from "../../model/run.ts";
import type { NextAction } from "../../operations/nextAction.ts";
import type { Paint, Style } from "../paint.ts";

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

/** A run's step in words, with its colour. */
export const STEP_WORDS: Record<RunStep, readonly [string, Style]> = {
  sync: ["syncing", "name"],
  verify: ["verifying", "name"],
  resolve: ["resolving", "name"],
  build: ["building", "name"],
  gate: ["waits for finalize", "warn"],
  publish: ["publishing", "name"],
  done: ["done", "good"],
  failed: ["failed", "bad"],
  cancelled: ["cancelled", "warn"],
};

/** The block that ends status and every command that leaves something to do. */
export function nextActionLines(next: NextAction, paint: Paint): string[] {
  return [
    title("NEXT ACTION", paint),
    ...next.situation,
    ...(next.command === null ? [] : [`  → ${next.verb}: ${paint("title", next.command)}`]),
    ...next.otherwise.map((line) => `    or: ${line}`),
  ];
}
