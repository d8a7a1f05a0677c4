import type { z } from "zod";
import { usageError } from "../model/errors.ts";
import { type AttemptRecord, HISTORY_FORMAT } from "../model/history.ts";
import { AttemptRecordSchema, FormatSchema } from "../store/historyRecords.ts";

/** Problems of one file that are printed; more are counted. */
const SHOWN = 20;

/** A history as one JSON document. */
export function asDocument(attempts: readonly AttemptRecord[]): string {
  return `${JSON.stringify({ ...HISTORY_FORMAT, attempts }, null, 2)}\n`;
}

/** First line of a history in JSON lines; each other line is an attempt. */
export function headerLine(): string {
  return `${JSON.stringify(HISTORY_FORMAT)}\n`;
}

export function lineOf(attempt: AttemptRecord): string {
  return `${JSON.stringify(attempt)}\n`;
}

/** The attempts of an export in either form. @throws UserError with every problem, each with its place. */
export function parseHistory(text: string, file: string): AttemptRecord[] {
  const whole = json(text);
  if (isObject(whole) && "attempts" in whole) {
    checkFormat(whole, file);
    if (!Array.isArray(whole.attempts)) throw usageError(`${file}: attempts is no list`);
    return checked(whole.attempts.map((value, index) => ({ value, place: `${file}: attempts[${index}]` })));
  }
  const lines = text.split("\n").map((line, index) => ({ line, place: `${file}:${index + 1}` }));
  const [header, ...others] = lines.filter(({ line }) => line.trim() !== "");
  checkFormat(json(header?.line ?? ""), file);
  return checked(others.map(({ line, place }) => ({ value: json(line), place })));
}

function checkFormat(header: unknown, file: string): void {
  const found = FormatSchema.safeParse(header);
  if (!found.success) {
    throw usageError(
      `${file} is no export of a build history: it must begin with ${headerLine().trim()}. Make one: swarm history export FILE`,
    );
  }
  const { version } = found.data;
  if (version <= HISTORY_FORMAT.version) return;
  throw usageError(
    `${file} has format ${version}, which a newer build-swarm wrote; this one knows up to ${HISTORY_FORMAT.version}. Update build-swarm on this machine and the binhost's`,
  );
}

function checked(entries: readonly { value: unknown; place: string }[]): AttemptRecord[] {
  const problems: string[] = [];
  const attempts = entries.flatMap(({ value, place }) => {
    const parsed = AttemptRecordSchema.safeParse(value);
    if (parsed.success) return [parsed.data];
    problems.push(value === undefined ? `${place}: not JSON` : `${place}: ${wordsOf(parsed.error)}`);
    return [];
  });
  if (problems.length === 0) return attempts;
  const more = problems.length - SHOWN;
  throw usageError([
    ...problems.slice(0, SHOWN),
    ...(more > 0 ? [`... and ${more} more`] : []),
    "nothing was imported: correct these, or export again",
  ]);
}

function wordsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "attempt"}: ${message}`).join("; ");
}

/** undefined where it is none. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
