import type { FailedAttempt, LogPiece } from "../model/logs.ts";
import type { PackageView } from "../model/run.ts";
import { cleanLine, phaseBegun } from "../portage/buildLog.ts";
import { packagesQuery, worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { failedAttempts, failedPastAttempts } from "./buildLogs.ts";
import { listRuns } from "./runs.ts";

/** Runs that the engine is asked for, newest first. */
const KNOWN = 500;
/** An orchestrator may have to read a whole history first. ms */
const ANSWER_WITHIN_MS = 15_000;
/** Lines shown on either side of an error. */
const AROUND = 20;

/**
 * The attempts of a run, of the present or the past, that failed, each with the lines around its error: as the engine knows
 * them, else as they stand in the logs that are kept. UserError: there are neither.
 */
export async function failedOfRun(access: Access, run: string, phase?: string): Promise<FailedAttempt[]> {
  const known = await packagesOf(access, run).catch(() => null);
  if (known) return failedAttempts(known, phase);
  const { logs } = await access.binhost();
  const attempts: FailedAttempt[] = [];
  for (const it of await failedPastAttempts(access, run, phase)) {
    const { cpv, attempt, errorLine } = it;
    const pieces = logs.pieces({ run, cpv, attempt });
    const around = errorLine === undefined ? null : await linesAround(pieces, errorLine).catch(() => null);
    attempts.push({ ...it, ...(around && { around }) });
  }
  return attempts;
}

/** null: the engine knows no such run. */
async function packagesOf(access: Access, run: string): Promise<PackageView[] | null> {
  const client = await access.client();
  return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
    const found = (await listRuns(client, KNOWN)).find((each) => each.run === run);
    if (!found) return null;
    return await client.workflow.getHandle(worldUpdateId(found.target), found.executionId).query(packagesQuery);
  });
}

/** The line in a log and those around it; the first of its like in the phase that has it last. null: it is not there. */
async function linesAround(pieces: AsyncIterable<LogPiece>, errorLine: string): Promise<string[] | null> {
  const decoder = new TextDecoder();
  const before: string[] = [];
  let open = "";
  let found: string[] | null = null;
  let after = 0;
  let isNewPhase = true;
  const take = (raw: string): void => {
    const line = cleanLine(raw);
    if (phaseBegun(line) !== null) isNewPhase = true;
    if (isNewPhase && line === errorLine) {
      found = [...before, line];
      after = AROUND;
      isNewPhase = false;
    } else if (after > 0) {
      found?.push(line);
      after--;
    }
    before.push(line);
    if (before.length > AROUND) before.shift();
  };
  for await (const { bytes } of pieces) {
    const lines = (open + decoder.decode(bytes, { stream: true })).split("\n");
    open = lines.pop() ?? "";
    lines.forEach(take);
  }
  if (open !== "") take(open);
  return found;
}
