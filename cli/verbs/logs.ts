import { setTimeout as sleep } from "node:timers/promises";
import { droneConfig } from "../../config/drones.ts";
import { messageOf, UserError, usageError } from "../../model/errors.ts";
import { isRunId } from "../../model/names.ts";
import {
  binhostLog,
  copyLog,
  failedAttempts,
  findAttempt,
  findAttemptOf,
  followLog,
  isOver,
  type LoggedAttempt,
  type LogSource,
} from "../../operations/buildLogs.ts";
import { failedOfRun } from "../../operations/failedOfRun.ts";
import { noRun, readPackages } from "../../operations/packages.ts";
import { readRun } from "../../operations/readModel.ts";
import { chooseRun } from "../../operations/targets.ts";
import { buildLogPath } from "../../portage/buildLog.ts";
import { droneLog } from "../buildLog.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { wantsColour } from "../paint.ts";
import { PrintableLog } from "../printable.ts";
import { failedAttemptsScreen } from "../screens/failedAttempts.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** Between two looks for a log that is not there yet. ms */
const PAUSE_MS = 300;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface Options {
  target?: string;
  run?: string;
  follow?: boolean;
  attempt?: number;
  failedPhase?: string;
  failed?: boolean;
  phase?: string;
}

/** `swarm logs PACKAGE`, `swarm logs --failed` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .argument("[package]", "category/name-version, category/name or name")
    .option("--run <run>", "of this run, also of the past, instead of a target's latest")
    .option("-f, --follow", "go on until the attempt ends")
    .option("--attempt <number>", "this attempt instead of the last", numberOf)
    .option("--failed-phase <phase>", "the last attempt that failed in this phase: unpack, configure, compile ...")
    .option("--failed", "list the attempts that failed, with their error lines")
    .option("--phase <phase>", "with --failed: only those that failed in this phase")
    .action((name: string | undefined, options: Options) => {
      check(name, options);
      return name === undefined ? listFailed(context(), options) : showLog(context(), name, options);
    });
  examples(command, [
    ["swarm logs openssl", "the log of its last attempt"],
    ["swarm logs -f dev-libs/openssl", "as it grows, until the attempt ends"],
    ["swarm logs --failed", "what failed in the run, with the error lines"],
    ["swarm logs --failed --phase compile", "what did not compile"],
  ]);
};

function numberOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usageError(`--attempt must be a number from 1 on, not "${text}"`);
}

function check(name: string | undefined, { failed, phase, failedPhase, attempt, follow, run }: Options): void {
  if (name === undefined && !failed) throw usageError("which package? swarm logs PACKAGE, or swarm logs --failed");
  if (name !== undefined && failed) throw usageError(`--failed lists all: leave out ${name}, or leave out --failed`);
  if (phase !== undefined && !failed) throw usageError("--phase goes with --failed; with a package: --failed-phase");
  if (failed && (failedPhase !== undefined || attempt !== undefined || follow)) {
    throw usageError("--failed lists attempts: --attempt, --failed-phase and --follow go with a package");
  }
  if (run !== undefined && !isRunId(run))
    throw usageError(`"${run}" is not a run's id. They are listed by: swarm runs`);
}

async function listFailed(context: Context, { target, run, phase }: Options): Promise<void> {
  const found = run === undefined ? await latest(context, target) : null;
  const id = found?.run ?? run ?? "";
  const attempts = found ? failedAttempts(found.packages, phase) : await failedOfRun(context, id, phase);
  if (context.json) context.printJson({ run: id, attempts });
  else context.print(failedAttemptsScreen(id, attempts, run !== undefined, context.paint));
}

async function latest(context: Context, given: string | undefined) {
  const target = await chooseRun(context, given);
  const { run, runProblem } = await readRun(await context.client(), target);
  if (runProblem !== null) throw new UserError(runProblem);
  if (run === null) throw noRun(target);
  return { run: run.run, packages: await readPackages(context, target) };
}

async function showLog(context: Context, name: string, options: Options): Promise<void> {
  const { run, target, follow = false } = options;
  if (context.json && follow) throw usageError("--json tells a log as far as it is there: leave out --follow");
  const found =
    run === undefined
      ? await findAttempt(context, await chooseRun(context, target), name, options)
      : await findAttemptOf(context, run, name, options);
  const log = await openLog(context, found, follow);
  if (log === null) return elsewhere(context, found, await fileOf(context, found));
  const { stdout, env } = context.around;
  // A file or another program gets the bytes as they are.
  const screen = context.terminal ? new PrintableLog((text) => stdout.write(text), wantsColour(stdout, env)) : null;
  // What it dies of is as it is without the handler; the terminal gets its own colours back first.
  const leave = (signal: NodeJS.Signals): void => {
    screen?.end();
    process.kill(process.pid, signal);
  };
  if (screen) for (const signal of SIGNALS) process.once(signal, leave);
  const write = (bytes: Uint8Array): void => void (screen ? screen.push(bytes) : stdout.write(bytes));
  try {
    if (context.json) await printAsJson(context, found, log);
    else if (!follow) await copyLog(log.source, write);
    else {
      const over = (): Promise<boolean> => isOver(context, found);
      await followLog(log.source, { isOver: over, write, note: (text) => context.note(text) });
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave);
    screen?.end();
    await log.close();
  }
}

interface OpenLog {
  source: LogSource;
  /** The drone's own file, where it is read on this machine. */
  file: string | null;
  close(): Promise<void>;
}

/** The binhost's log, else the drone's own on this machine. A drone makes it when the build itself begins: followed, it is waited for. */
async function openLog(context: Context, found: LoggedAttempt, wait: boolean): Promise<OpenLog | null> {
  const place = await fileOf(context, found);
  let told = false;
  for (;;) {
    // Asked before the looks: what is made until the end of the attempt would be missed otherwise.
    const last = !wait || (await isOver(context, found));
    const source = await binhostLog(context, found);
    const there = await source.read(0).catch((error: unknown) => {
      if (!told) context.note(`${messageOf(error)}. Looking for the drone's own log on this machine.`);
      told = true;
      return null;
    });
    if (there !== null) return { source, file: null, close: async () => {} };
    const own = place && (await droneLog(place.dir, place.file, place.limitBytes));
    if (own) return { source: own, file: place.file, close: own.close };
    if (last) return null;
    await sleep(PAUSE_MS);
  }
}

/** Where its drone would keep the log, as this machine's configuration has it. */
async function fileOf(
  context: Context,
  { run, cpv, attempt, view }: LoggedAttempt,
): Promise<{ dir: string; file: string; limitBytes: number } | null> {
  if (view === null) return null;
  const config = await context.config();
  const { dir } = droneConfig(config, view.drone);
  return { dir, file: buildLogPath(dir, run, cpv, attempt), limitBytes: config.build.logLimitMib * 2 ** 20 };
}

async function printAsJson(context: Context, found: LoggedAttempt, { source, file }: OpenLog): Promise<void> {
  const chunks: Uint8Array[] = [];
  await copyLog(source, (bytes) => void chunks.push(bytes));
  const piece = await source.read(0);
  const { run, cpv, attempt, view } = found;
  context.printJson({
    ...{ run, cpv, attempt, drone: view?.drone ?? null, file },
    ...{ complete: piece?.complete ?? false, cut: piece?.cut ?? null },
    log: Buffer.concat(chunks).toString(),
  });
}

/** The log is nowhere: says where it may be, with the lines that the failure brought along. */
function elsewhere(context: Context, { run, cpv, attempt, view }: LoggedAttempt, place: { file: string } | null): void {
  const { around, logTail } = view?.failure ?? {};
  const tail = around ?? logTail ?? [];
  context.exitCode = tail.length > 0 ? 0 : 1;
  const drone = view?.drone ?? null;
  if (context.json) {
    context.printJson({ run, cpv, attempt, drone, file: null, log: null, tail });
    return;
  }
  if (tail.length > 0) context.print(tail);
  const where = place ? ` As this machine's configuration has it the file would be ${place.file}` : "";
  context.note(
    `The binhost has no log of ${cpv}, attempt ${attempt}: it is on ${drone ?? "its drone"}, or was removed already. On that machine: swarm logs ${cpv}.${where}`,
  );
}
