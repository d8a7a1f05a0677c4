import type { ChannelAnswer } from "../../../model/alerts.ts";
import { type QueuedOrder, queuedWords } from "../../../model/orders.ts";
import type { ScheduleAction } from "../../../model/schedules.ts";
import { count } from "../../../model/words.ts";
import { run } from "../state/live.ts";
import { address, post, remove } from "../wire/request.ts";

/** What operators can ask of a run or a drone: each answers with one sentence of what came of it. */

/** The run that is meant: the one that was shown when it was asked for. By now the page may show another one. */
export interface RunRef {
  target: string;
  run: string;
}

/** Whether the page shows this run still. */
export function isShown({ target, run: id }: RunRef): boolean {
  return run.value?.run === id && run.value.target === target;
}

/** Why nothing is done with a run that is not shown any more. */
export function changedWords({ run: id }: RunRef): string {
  const now = run.peek();
  const change = now === null ? `${id} is not shown any more.` : `This page shows ${now.run} by now, not ${id}.`;
  return `Nothing was done: ${change} Look at it, then ask again.`;
}

function mustBeShown(meant: RunRef): void {
  if (!isShown(meant)) throw new Error(changedWords(meant));
}

/** The gateway refuses it too where the target has another run by now. */
async function act<T>(meant: RunRef, verb: string, body: object = {}): Promise<T> {
  mustBeShown(meant);
  return await post<T>(address(["runs", meant.target, verb]), { ...body, run: meant.run });
}

export async function finalize(meant: RunRef, acceptFailed: boolean): Promise<string> {
  const { snapshot, packages } = await act<{ snapshot: string; packages: number }>(meant, "finalize", { acceptFailed });
  return `Published as ${snapshot}: ${count(packages, "package")}.`;
}

export async function unblock(meant: RunRef, packages: string[] = []): Promise<string> {
  await act(meant, "unblock", packages.length > 0 ? { packages } : {});
  return packages.length > 0 ? `${packages.join(", ")} will be tried again.` : "What failed will be tried again.";
}

export async function balance(meant: RunRef): Promise<string> {
  const { freed = [], moved = [] } = await act<{ freed?: string[]; moved?: { cpv: string }[] }>(meant, "balance");
  if (freed.length + moved.length === 0) return "The work is spread well already: nothing was moved.";
  return `${count(moved.length, "build")} moved, ${count(freed.length, "package")} may start at once.`;
}

export async function pauseRun(meant: RunRef, reason: string): Promise<string> {
  await act(meant, "pause", reason === "" ? {} : { reason });
  return `${meant.run} is paused: what is being built is finished, nothing new starts.`;
}

export async function resumeRun(meant: RunRef): Promise<string> {
  await act(meant, "resume");
  return `${meant.run} goes on.`;
}

export async function cancelRun(meant: RunRef): Promise<string> {
  await act(meant, "cancel");
  return `${meant.run} was cancelled.`;
}

/** Also of a run that answers nobody any more. */
export async function resetRun(meant: RunRef): Promise<string> {
  const { cancelled, terminated, staging } = await act<{
    cancelled: string | null;
    terminated: boolean;
    staging: string[];
  }>(meant, "reset");
  const end = terminated ? "was stuck and is ended" : cancelled === null ? "had ended" : "is cancelled";
  return `${meant.run} ${end}; ${staging.length > 0 ? "what it had built is thrown away" : "nothing is left of it"}.`;
}

export async function prioritize(meant: RunRef, packages: string[]): Promise<string> {
  await act(meant, "prioritize", { packages });
  return packages.length > 0
    ? `${packages.join(", ")} goes first now, with what it needs.`
    : "Nothing goes first any more.";
}

/** A run as an operator asks for it. */
export interface NewRun {
  /** null: the only one. */
  target: string | null;
  atoms: string[];
  options: { sync: boolean; dryRun: boolean; skipUnresolvable: boolean; autoFinalize: boolean; acceptFailed: boolean };
}

export async function startRun({ target, ...asked }: NewRun): Promise<string> {
  const { run } = await post<{ run: string }>(address(["runs"]), { ...asked, ...(target === null ? {} : { target }) });
  return `${run} has begun.`;
}

/** For after the run in progress; where that has ended meanwhile a run begins at once. */
export async function queuePackages(target: string, atoms: string[]): Promise<string> {
  const { run, queued } = await post<{ run: string; queued?: QueuedOrder[] }>(address(["runs"]), {
    ...{ target, atoms, queue: true },
  });
  if (queued === undefined) return `${run} has begun.`;
  return `Queued: a run begins when ${run} has ended, with ${queuedWords(queued)}.`;
}

export async function clearQueue(meant: RunRef): Promise<string> {
  mustBeShown(meant);
  const { dropped } = await remove<{ dropped: QueuedOrder[] }>(
    address(["runs", meant.target, "queue"], { run: meant.run }),
  );
  return dropped.length > 0 ? `Taken back: ${queuedWords(dropped)}.` : "Nothing was queued any more.";
}

export async function pauseDrone(name: string, reason: string): Promise<string> {
  await post(address(["drones", name, "pause"]), reason === "" ? {} : { reason });
  return `${name} is paused: it finishes what it builds and gets nothing new.`;
}

export async function resumeDrone(name: string): Promise<string> {
  await post(address(["drones", name, "resume"]));
  return `${name} takes work again.`;
}

export async function forgetDrone(name: string): Promise<string> {
  await post(address(["drones", name, "forget"]));
  return `${name} is forgotten. It is known again when it enrols.`;
}

export async function rollBack(target: string, id: string): Promise<string> {
  await post(address(["snapshots", target, "rollback"]), { id });
  return `Clients get ${id} from now on.`;
}

export async function prune(target: string, keep: number): Promise<string> {
  const { removed } = await post<{ removed: string[] }>(address(["snapshots", target, "prune"]), { keep });
  if (removed.length === 0) return `Nothing to remove: ${target} has no more than ${count(keep, "snapshot")}.`;
  return `Removed: ${removed.join(", ")}.`;
}

/** A schedule as an operator asks for it. */
export interface NewSchedule {
  name: string;
  cron: string;
  timezone: string;
  target?: string;
  atoms?: string[];
  autoFinalize: boolean;
  acceptFailed: boolean;
  /** ms */
  catchUp: number;
}

export async function addSchedule(asked: NewSchedule): Promise<string> {
  await post(address(["schedules"]), asked);
  return `${asked.name} is scheduled.`;
}

export async function pauseSchedule(name: string, note: string): Promise<string> {
  await post(address(["schedules", name, "pause"]), note === "" ? {} : { note });
  return `${name} is paused: it starts nothing until it is resumed.`;
}

export async function resumeSchedule(name: string): Promise<string> {
  await post(address(["schedules", name, "resume"]));
  return `${name} goes on.`;
}

export async function triggerSchedule(name: string): Promise<string> {
  const { outcome, run, reason } = await post<ScheduleAction>(address(["schedules", name, "trigger"]));
  if (outcome === "started") return `${run} has begun.`;
  if (outcome === "starting") return `${name} is being started.`;
  throw new Error(`${name}: ${outcome}${reason === null ? "" : `: ${reason}`}`);
}

export async function removeSchedule(name: string): Promise<string> {
  await post(address(["schedules", name, "remove"]));
  return `${name} is removed.`;
}

/** What each channel said. Rejects where one of them did not take it. */
export async function testAlerts(): Promise<string> {
  const answers = await post<ChannelAnswer[]>(address(["alerts", "test"]));
  const words = answers.map(({ channel, ok, answer }) => `${ok ? "✓" : "✗"} ${channel}: ${answer}`).join("\n");
  if (answers.some(({ ok }) => !ok)) throw new Error(words);
  return words;
}

export async function compareTrees(target: string, sync: boolean): Promise<string> {
  await post(address(["targets", target, "sync-verify"]), { sync });
  return sync ? "The drones sync their trees, then these are compared." : "The drones' trees are being compared.";
}
