import type { FailedAttempt } from "../../model/logs.ts";
import { count } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { excerptLines, SOME_LINES } from "./excerpt.ts";
import { title } from "./parts.ts";

/** `swarm logs --failed`: each with its error line and those around it, and how to see more. */
export function failedAttemptsScreen(
  run: string,
  attempts: readonly FailedAttempt[],
  isPast: boolean,
  paint: Paint,
): string[] {
  const width = attempts.length > 1 ? SOME_LINES : Number.POSITIVE_INFINITY;
  const lines = attempts.flatMap((it) => {
    const { cpv, attempt, drone, phase, errorLine, around } = it;
    const where = [drone, phase && `${phase} phase`, it.class !== "package" && it.class].filter(Boolean).join(", ");
    const what =
      errorLine === undefined
        ? [`    ${it.message ?? "no error line was found"}`]
        : excerptLines({ errorLine, ...(around && { around }) }, paint, width);
    return [`${paint("bad", "✗")} ${cpv}, attempt ${attempt}${where && ` (${where})`}`, ...what];
  });
  const [first] = attempts;
  const more = isPast ? ` --run ${run}` : "";
  return [
    title(`FAILED IN ${run}`, paint),
    ...lines,
    first === undefined
      ? "No attempt failed."
      : `${count(attempts.length, "failed attempt")}.  → Look: swarm logs ${first.cpv} --attempt ${first.attempt}${more}`,
  ];
}
