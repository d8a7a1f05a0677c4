import { count } from "../../../model/words.ts";
import { target } from "../state/live.ts";
import { address, post } from "../wire/request.ts";

/** What operators can ask of a run or a drone: each answers with one sentence of what came of it. */

function of(...rest: string[]): string {
  return address(["runs", target.peek() ?? "", ...rest]);
}

export async function finalize(acceptFailed: boolean): Promise<string> {
  const { snapshot, packages } = await post<{ snapshot: string; packages: number }>(of("finalize"), { acceptFailed });
  return `Published as ${snapshot}: ${count(packages, "package")}.`;
}

export async function unblock(packages: string[] = []): Promise<string> {
  await post(of("unblock"), packages.length > 0 ? { packages } : {});
  return packages.length > 0 ? `${packages.join(", ")} will be tried again.` : "What failed will be tried again.";
}

export async function balance(): Promise<string> {
  const { freed = [], moved = [] } = await post<{ freed?: string[]; moved?: { cpv: string }[] }>(of("balance"));
  if (freed.length + moved.length === 0) return "The work is spread well already: nothing was moved.";
  return `${count(moved.length, "build")} moved, ${count(freed.length, "package")} may start at once.`;
}

export async function pauseRun(reason: string): Promise<string> {
  await post(of("pause"), reason === "" ? {} : { reason });
  return "The run is paused: what is being built is finished, nothing new starts.";
}

export async function resumeRun(): Promise<string> {
  await post(of("resume"));
  return "The run goes on.";
}

export async function cancelRun(): Promise<string> {
  await post(of("cancel"));
  return "The run was cancelled.";
}

export async function prioritize(packages: string[]): Promise<string> {
  await post(of("prioritize"), { packages });
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

export async function rollBack(id: string): Promise<string> {
  await post(address(["snapshots", target.peek() ?? "", "rollback"]), { id });
  return `Clients get ${id} from now on.`;
}
