import type { BuildFailure } from "../../model/failures.ts";
import type { Paint } from "../paint.ts";

/** Lines shown on either side of the error where there is more than one failure to show. */
export const SOME_LINES = 10;

/**
 * The error line of a failure, marked, with the lines around it: at most `width` before and after it. Without an error line the
 * last lines that the build wrote.
 */
export function excerptLines(
  { errorLine, around, logTail }: Pick<BuildFailure, "errorLine" | "around" | "logTail">,
  paint: Paint,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const faint = (line: string): string => `    │ ${paint("faint", line)}`.trimEnd();
  if (errorLine === undefined) return (logTail ?? []).slice(-Math.min(2 * width, 20)).map(faint);
  const lines = around ?? [errorLine];
  // The one in the middle, where the same words stand more than once.
  const middle = Math.floor(lines.length / 2);
  const places = lines.flatMap((line, i) => (line === errorLine ? [i] : []));
  const at = places.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0] ?? 0;
  return lines
    .map((line, i) => (i === at ? `  ${paint("bad", `> │ ${line}`)}` : faint(line)))
    .slice(Math.max(0, at - width), at + width + 1);
}
