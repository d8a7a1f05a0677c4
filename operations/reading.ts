import type { BuildProgress } from "../model/build.ts";
import type { RunView } from "../model/run.ts";
import type { FleetView } from "../workflows/messages.ts";

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
  fleet: FleetView | null;
  run: RunView | null;
  /** Why there is a run and yet no view of it. */
  runProblem: string | null;
  building: BuildingPackage[];
  /** Runs of other targets that are in progress. */
  others: { run: string; target: string; step: string | null }[];
}
