import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../model/errors.ts";
import type { FailedAttempt, LogInfo, LogKey, LogPiece } from "../model/logs.ts";
import { targetOfRun } from "../model/names.ts";
import type { AttemptView, PackageView } from "../model/run.ts";
import type { Access } from "./access.ts";
import { noRun, onePackage, readPackages } from "./packages.ts";
import { readRun } from "./readModel.ts";

/** Between two looks at a log that grows. ms */
const PAUSE_MS = 400;
/** Between two questions whether its attempt is over. ms */
const ASK_MS = 1_500;

/** So long the binhost may take for a piece, and the engine to say whether a run is the latest. ms */
const ANSWER_WITHIN_MS = 10_000;

/** One attempt, and where its log belongs. */
export interface LoggedAttempt extends LogKey {
  target: string;
  /** null: a run of the past, of which the binhost alone knows. */
  view: AttemptView | null;
}

/** Which attempt of a package is meant; the last one where nothing is said. */
export interface AttemptChoice {
  attempt?: number;
  /** The last that failed in this phase. */
  failedPhase?: string;
}

/** An attempt of the latest run of a target. UserError: no run, no such package, no such attempt. */
export async function findAttempt(
  access: Access,
  target: string,
  name: string,
  choice: AttemptChoice = {},
): Promise<LoggedAttempt> {
  const { run, runProblem } = await readRun(await access.client(), target);
  if (runProblem !== null) throw new UserError(runProblem);
  if (run === null) throw noRun(target);
  const { cpv, attempts, state } = onePackage(await readPackages(access, target), name, run.run);
  if (attempts.length === 0) throw new UserError(`${cpv} is ${state} and was never started: swarm why ${cpv}`);
  const phases = attempts.map(({ attempt, failure }) => ({ attempt, phase: failure?.phase }));
  const number = chosen(cpv, phases, choice);
  const view = attempts.find(({ attempt }) => attempt === number) ?? null;
  return { target, run: run.run, cpv, attempt: number, view };
}

/** An attempt of any run: as its target's latest, which may be in progress, else as far as the binhost has logs of it still. */
export async function findAttemptOf(
  access: Access,
  run: string,
  name: string,
  choice: AttemptChoice = {},
): Promise<LoggedAttempt> {
  const target = targetOfRun(run);
  if (target !== null && (await isLatest(access, target, run))) return await findAttempt(access, target, name, choice);
  const logs = await pastLogs(access, run);
  const packages = [...new Set(logs.map(({ cpv }) => cpv))].map((cpv) => ({ cpv }));
  const { cpv } = onePackage(packages, name, run);
  const attempts = logs.filter((it) => it.cpv === cpv);
  const phases = attempts.map(({ attempt, failed }) => ({ attempt, phase: failed?.phase }));
  return { target: "", run, cpv, attempt: chosen(cpv, phases, choice), view: null };
}

/** False also where nobody can say. */
async function isLatest(access: Access, target: string, run: string): Promise<boolean> {
  const client = await access.client().catch(() => null);
  if (client === null) return false;
  const latest = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => readRun(client, target));
  return latest.run?.run === run;
}

async function pastLogs(access: Access, run: string): Promise<LogInfo[]> {
  const logs = await (await access.binhost()).logs.list(run);
  if (logs.length > 0) return logs;
  throw new UserError(
    `the binhost has no logs of ${run}: there was no such run, or they were removed. Runs: swarm runs`,
  );
}

function chosen(
  cpv: string,
  attempts: readonly { attempt: number; phase: string | undefined }[],
  { attempt, failedPhase }: AttemptChoice,
): number {
  const some = failedPhase === undefined ? attempts : attempts.filter(({ phase }) => phase === failedPhase);
  const found = attempt === undefined ? some.at(-1) : some.find((it) => it.attempt === attempt);
  if (found) return found.attempt;
  const numbers = attempts.map((it) => `${it.attempt}${it.phase === undefined ? "" : ` (${it.phase})`}`).join(", ");
  const wanted = [
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ...(failedPhase === undefined ? [] : [`an attempt that failed in its ${failedPhase} phase`]),
  ].join(" as ");
  throw new UserError(`${cpv} has no ${wanted.replace(/^an /, "")}. Its attempts: ${numbers}`);
}

/** The attempts of a run that failed, newest first; in one phase, where one is given. */
export function failedAttempts(packages: readonly PackageView[], phase?: string): FailedAttempt[] {
  return packages
    .flatMap(({ cpv, attempts }) =>
      attempts.flatMap(({ attempt, drone, endedAt, failure }): FailedAttempt[] => {
        if (!failure || (phase !== undefined && failure.phase !== phase)) return [];
        const { usage: _, logTail: __, ...told } = failure;
        return [{ cpv, attempt, drone, ...told, ...(endedAt === undefined ? {} : { endedAt }) }];
      }),
    )
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
}

/** Those of any run whose logs the binhost has still. */
export async function failedPastAttempts(access: Access, run: string, phase?: string): Promise<FailedAttempt[]> {
  return (await pastLogs(access, run)).flatMap(({ cpv, attempt, failed }) =>
    failed && (phase === undefined || failed.phase === phase) ? [{ cpv, attempt, ...failed }] : [],
  );
}

/** Whether an attempt has ended, by what its run says. An engine that is away for a moment ends nothing. */
export async function isOver(access: Access, { target, run, cpv, attempt, view }: LoggedAttempt): Promise<boolean> {
  if (view === null) return true;
  const client = await access.client().catch(() => null);
  const now = client && (await readRun(client, target)).run;
  if (now === null) return false;
  if (now.run !== run || now.endedAt !== null) return true;
  return !now.drones.some(({ building }) => building.some((it) => it.cpv === cpv && it.attempt === attempt));
}

/** Where a log is read: the binhost's, or a drone's own file. */
export interface LogSource {
  /** null: there is no such log. */
  read(offset: number): Promise<LogPiece | null>;
  /** Since its attempt is over, and since something came of it, so long its end may take to come. ms */
  settlesWithin: number;
}

/** A log of the binhost: its drone brings the end within a second, unless the way there is broken. */
export async function binhostLog(access: Access, key: LogKey): Promise<LogSource> {
  const { logs } = await access.binhost();
  const read = async (offset: number): Promise<LogPiece | null> => {
    try {
      return await logs.read(key, offset, AbortSignal.timeout(ANSWER_WITHIN_MS));
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "TimeoutError") throw error;
      throw new UserError(`the binhost did not answer within ${ANSWER_WITHIN_MS / 1000} s`);
    }
  };
  return { read, settlesWithin: 15_000 };
}

export interface Following {
  /** Whether the attempt has ended. */
  isOver(): Promise<boolean>;
  write(bytes: Uint8Array): void;
  /** What the reader should know beside the log. */
  note(text: string): void;
}

/** Hands on all that a log has now. @returns where it ended. */
export async function copyLog(source: LogSource, write: (bytes: Uint8Array) => void, from = 0): Promise<number> {
  let at = from;
  for (;;) {
    const piece = await source.read(at);
    if (piece === null || piece.bytes.length === 0) return at;
    write(piece.bytes);
    at = piece.next;
    if (at >= piece.size) return at;
  }
}

/** Hands on what a log has and gets, until its attempt is over and all of it is there. */
export async function followLog(source: LogSource, { isOver, write, note }: Following): Promise<void> {
  let at = 0;
  let begun: number | null = null;
  let asked = 0;
  let over: number | null = null;
  let newsAt = 0;
  let trouble = "";
  for (;;) {
    // Asked before the log is read: what comes after the end of the attempt would be missed otherwise.
    if (over === null && Date.now() - asked >= ASK_MS) {
      over = (await isOver()) ? Date.now() : null;
      asked = Date.now();
    }
    const piece = await source.read(at).catch((error: unknown) => {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== trouble) note(`${problem}; trying again`);
      trouble = problem;
      return null;
    });
    if (piece !== null) {
      trouble = "";
      if (begun !== null && piece.begun !== begun) {
        note("The build has begun anew; from here on it is the new log.");
        at = 0;
        begun = piece.begun;
        continue;
      }
      begun = piece.begun;
      write(piece.bytes);
      if (piece.bytes.length > 0) newsAt = Date.now();
      at = piece.next;
      if (piece.complete && at >= piece.size) return;
      if (at < piece.size) continue;
    }
    if (over !== null && Date.now() - Math.max(over, newsAt) >= source.settlesWithin) {
      if (source.settlesWithin > 0) {
        note(
          `Nothing has come for ${source.settlesWithin / 1000} s, and the end of the log is not there: its drone has not brought it.`,
        );
      }
      return;
    }
    await sleep(PAUSE_MS);
  }
}
