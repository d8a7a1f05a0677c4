import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { droneConfig } from "../../config/drones.ts";
import { UserError } from "../../model/errors.ts";
import type { AttemptView } from "../../model/run.ts";
import { noRun, onePackage, readPackages } from "../../operations/packages.ts";
import { readRun } from "../../operations/readModel.ts";
import { chooseRun } from "../../operations/targets.ts";
import { buildLogPath } from "../../portage/buildLog.ts";
import { openLog, readOn } from "../buildLog.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** Between two looks at a log that grows, and at whether its attempt has ended. ms */
const PAUSE_MS = 300;

/** The last attempt to build a package, and where its log is. */
interface Found {
  target: string;
  run: string;
  cpv: string;
  attempt: AttemptView;
  /** The drone's directory and the log in it, as this machine's configuration has them. */
  dir: string;
  file: string;
}

/** `swarm logs PACKAGE` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .argument("<package>", "category/name-version, category/name or name")
    .option("-f, --follow", "go on until the attempt ends")
    .action((name: string, options: { target?: string; follow?: boolean }) => showLog(context(), name, options));
  examples(command, [
    ["swarm logs openssl", "the log of its last attempt"],
    ["swarm logs -f dev-libs/openssl", "as it grows, until the attempt ends"],
  ]);
};

async function showLog(context: Context, name: string, options: { target?: string; follow?: boolean }): Promise<void> {
  const found = await findLog(context, await chooseRun(context, options.target), name);
  let log = await openLog(found.dir, found.file);
  // The drone makes the file when the build itself begins.
  while (log === null && options.follow && !(await isOver(context, found))) {
    await sleep(PAUSE_MS);
    log = await openLog(found.dir, found.file);
  }
  if (log === null) return elsewhere(context, found);
  try {
    if (context.json) await printAsJson(context, found, log);
    else await copy(context, found, log, options.follow ?? false);
  } finally {
    await log.close();
  }
}

async function findLog(context: Context, target: string, name: string): Promise<Found> {
  const { run, runProblem } = await readRun(await context.client(), target);
  if (runProblem !== null) throw new UserError(runProblem);
  if (run === null) throw noRun(target);
  const { cpv, attempts, state } = onePackage(await readPackages(context, target), name, run.run);
  const attempt = attempts.at(-1);
  if (!attempt) throw new UserError(`${cpv} is ${state} and was never started: swarm why ${cpv}`);
  const { dir } = droneConfig(await context.config(), attempt.drone);
  return { target, run: run.run, cpv, attempt, dir, file: buildLogPath(dir, run.run, cpv, attempt.attempt) };
}

/** Copies the log to stdout; followed, until everything is there that its attempt wrote. */
async function copy(context: Context, found: Found, log: FileHandle, follow: boolean): Promise<void> {
  const write = (bytes: Buffer): void => void context.around.stdout.write(bytes);
  let at = await readOn(log, 0, write);
  if (!follow) return;
  for (let over = false; !over; ) {
    // Asked before the log is read: what comes after the end of the attempt would be missed otherwise.
    over = await isOver(context, found);
    at = await readOn(log, at, write);
    if (!over) await sleep(PAUSE_MS);
  }
}

async function isOver(context: Context, { target, run, cpv, attempt }: Found): Promise<boolean> {
  const view = (await readRun(await context.client(), target)).run;
  // An engine that is away for a moment ends nothing.
  if (view === null) return false;
  if (view.run !== run || view.endedAt !== null) return true;
  return !view.drones.some(({ building }) =>
    building.some((each) => each.cpv === cpv && each.attempt === attempt.attempt),
  );
}

async function printAsJson(context: Context, found: Found, log: FileHandle): Promise<void> {
  const chunks: Buffer[] = [];
  await readOn(log, 0, (bytes) => void chunks.push(bytes));
  const { run, cpv, attempt, file } = found;
  context.printJson({
    run,
    cpv,
    attempt: attempt.attempt,
    drone: attempt.drone,
    file,
    log: Buffer.concat(chunks).toString(),
  });
}

/** The log is not on this machine: says where it is, with the lines that the failure brought along. */
function elsewhere(context: Context, { run, cpv, attempt, file }: Found): void {
  const tail = attempt.failure?.logTail ?? [];
  context.exitCode = tail.length > 0 ? 0 : 1;
  if (context.json) {
    context.printJson({ run, cpv, attempt: attempt.attempt, drone: attempt.drone, file: null, log: null, tail });
    return;
  }
  if (tail.length > 0) context.print(tail);
  context.note(
    `The log of ${cpv}, attempt ${attempt.attempt}, is on ${attempt.drone}, or was removed there already. On that machine: swarm logs ${cpv}. As this machine's configuration has it the file would be ${file}`,
  );
}
