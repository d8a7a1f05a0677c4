/** A package of the graph as the contestants run it. */
export interface Task {
  name: string;
  /** Positions of the packages that must be done before; all of them are smaller than its own. */
  needs: readonly number[];
  /** What its build runs: a program of PATH and arguments without characters that make, ninja or a shell would read. */
  command: readonly string[];
  /** What the graph estimates. Core-seconds. */
  work: number;
  /** Seconds of the longest path from its start to the end of everything that waits for it. */
  remaining: number;
}

/** A drone of the swarm and what stands for it elsewhere. */
export interface Machine {
  name: string;
  cores: number;
  /** Builds at once. */
  slots: number;
}

/** What one case is run with. */
export interface Job {
  tasks: readonly Task[];
  machines: readonly Machine[];
  /** Of this case alone; goes away afterwards. */
  directory: string;
  /** The project's cache directory. */
  cacheDir: string;
  /** Ends the case. */
  signal: AbortSignal;
  /** Told each process that belongs to the tool; what it starts counts with it. */
  counts: (pid: number) => void;
}

/** What is compared of tools beside their figures. */
export const ABILITIES = [
  "goes on after its coordinator is killed",
  "several machines",
  "goes on without a machine that is lost",
  "longest path first",
  "binary packages",
] as const;

/** One tool that can run a graph of packages. */
export interface Contestant {
  key: string;
  name: string;
  /** How it is used here. */
  how: string;
  /** Makes sure that it is there; returns its version. @throws UserError where it cannot be had, with why. */
  prepare: (cacheDir: string) => Promise<string>;
  /** Runs a graph; returns its wall seconds from "all is started" to "all is done". @throws when a command failed. */
  run: (job: Job) => Promise<number>;
  /** Packages of the graph that it can do in the bench's time, where those are not all: then the first ones are run. */
  most?: number;
  abilities: Record<(typeof ABILITIES)[number], string>;
  /** Why it is as fast, or as slow, as it is. */
  why: string;
}

/** Builds at once of all machines. */
export function slotsOf(machines: readonly Machine[]): number {
  return machines.reduce((sum, { slots }) => sum + slots, 0);
}

/** A command for a file where spaces separate words and nothing is quoted. @throws where that would change it. */
export function plainWords(command: readonly string[]): string {
  const strange = command.find((word) => !/^[\w./=+-]+$/.test(word));
  if (strange !== undefined) throw new Error(`${JSON.stringify(strange)} in a command would have to be quoted`);
  return command.join(" ");
}
