import type { FailureClass } from "./failures.ts";

/** How an attempt ended, for the history: a validated artifact, or why there is none. */
export type AttemptOutcome = "built" | "cancelled" | FailureClass;

/** One attempt to build one package, as the build history keeps it. (run, cpv, attempt) names it. */
export interface AttemptRecord {
  run: string;
  target: string;
  /** category/name-version */
  cpv: string;
  drone: string;
  attempt: number;
  /** MAKEOPTS jobs. */
  jobs: number;
  /** When the build was offered to the drone, and when its outcome was known. ms since the epoch. */
  startedAt: number;
  endedAt: number;
  result: AttemptOutcome;
  /** Why it failed; null where it did not. */
  message: string | null;
  /** Wall seconds; null where the attempt did not come so far. */
  prepareSeconds: number | null;
  buildSeconds: number | null;
  uploadSeconds: number | null;
  /** Wall seconds of each of Portage's phases, in order; empty where they were not measured. */
  phases: { name: string; seconds: number }[];
  /** Core-seconds; null where they were not measured. */
  cpuSeconds: number | null;
  /** Largest sum of resident memory of the build's processes; null where it was not measured. */
  peakMemoryBytes: number | null;
  /** Largest size of the build root; absent or null where it was not measured. */
  peakDiskBytes?: number | null | undefined;
  /** Work that one core of the drone did, see `DroneFacts`; absent or null where it was not recorded. */
  speed?: number | null | undefined;
  /** Bytes of the source archives; null where not known. */
  sourceBytes: number | null;
  /** Bytes of the binary package; null where there is none. */
  artifactBytes: number | null;
}

/** What estimates need of an attempt that succeeded, or ran out of memory: that one has no `buildSeconds`. */
export type BuildSample = Pick<
  AttemptRecord,
  | "target"
  | "cpv"
  | "jobs"
  | "endedAt"
  | "prepareSeconds"
  | "buildSeconds"
  | "phases"
  | "cpuSeconds"
  | "peakMemoryBytes"
  | "peakDiskBytes"
  | "speed"
>;

/** Which attempts are asked for. */
export interface HistoryQuery {
  /** category/name-version, category/name, or name; null: any. */
  package: string | null;
  target: string | null;
  limit: number;
  offset: number;
}

/** Everything of the history in short: what costs most, and how the drones do. */
export interface HistorySummary {
  attempts: number;
  /** By total time, most first. */
  packages: PackageHistory[];
  drones: DroneHistory[];
}

export interface PackageHistory {
  /** category/name */
  name: string;
  attempts: number;
  failures: number;
  /** Wall seconds of all its attempts, and of the slowest one that was built (null: none was). */
  totalSeconds: number;
  slowestSeconds: number | null;
}

export interface DroneHistory {
  drone: string;
  attempts: number;
  /** Not those that were cancelled, went with the drone, or found another tree there. */
  failures: number;
  totalSeconds: number;
}

/** The identity of attempts in an exchange of histories. */
export const HISTORY_FORMAT = { format: "build-swarm-history", version: 1 } as const;
