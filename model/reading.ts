import type { BuildProgress } from "./build.ts";
import type { FleetView } from "./fleet.ts";
import type { RunView } from "./run.ts";

/** Something that another process does for us, and whether it answers. */
export interface Service {
  address: string;
  /** Why it does not answer; null: it does. */
  problem: string | null;
}

/** What a drone's heartbeat says of one build. */
export interface BuildingPackage extends BuildProgress {
  cpv: string;
  attempt: number;
  /** Why what it does now is tried again; null: it is not. */
  problem: string | null;
}

/** Everything that the screens show, read at one moment; null where nobody could answer. */
export interface Reading {
  /** ms since the epoch */
  at: number;
  engine: Service;
  /** Orchestrators that ask for work. */
  orchestrators: number | null;
  binhost: Service;
  /** Names of the targets that the binhost has. */
  targets: string[] | null;
  /** The current snapshot of each target, null: nothing was published; absent where the binhost does not answer. */
  snapshots?: Record<string, string | null>;
  /** Of the snapshots of each target: another one when they are others. Absent too where the binhost is older. */
  snapshotRevisions?: Record<string, string>;
  /** Another one when something was added to the build history. Absent too where the binhost is older, or cannot read it. */
  historyRevision?: string;
  fleet: FleetView | null;
  run: RunView | null;
  /** Why there is a run and yet no view of it. */
  runProblem: string | null;
  building: BuildingPackage[];
  /** Runs of other targets that are in progress. */
  others: { run: string; target: string; step: string | null }[];
}

/** What an operator should do now. */
export interface NextAction {
  /** The situation, one sentence or more. */
  situation: string[];
  /** The one command that helps now; null: there is nothing to do but wait. */
  command: string | null;
  /** What the command is called in the line before it, e.g. `Run`. */
  verb: "Run" | "Watch" | "Look";
  /** Other ways, each a command with its effect. */
  otherwise: string[];
}
