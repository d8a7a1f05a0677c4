import { count } from "../../../model/words.ts";
import { run } from "../state/live.ts";
import { address, post } from "../wire/request.ts";

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

/** The gateway refuses it too where the target has another run by now. */
async function act<T>(meant: RunRef, verb: string, body: object = {}): Promise<T> {
  if (!isShown(meant)) throw new Error(changedWords(meant));
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

export async function prioritize(meant: RunRef, packages: string[]): Promise<string> {
  await act(meant, "prioritize", { packages });
  return packages.length > 0
    ? `${packages.join(", ")} goes first now, with what it needs.`
    : "Nothing goes first any more.";
}

export async function startRun(name: string | null): Promise<string> {
  const { run } = await post<{ run: string }>(address(["runs"]), name === null ? {} : { target: name });
  return `${run} has begun.`;
}

export async function pauseDrone(name: string): Promise<string> {
  await post(address(["drones", name, "pause"]));
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
