import type { BuildLimits } from "./limits.ts";
import type { PlanGraph } from "./plan.ts";

/** A drone as the scheduler counts with it. */
export interface Capacity {
  name: string;
  /** Cores that builds may use. */
  cores: number;
  /** Builds at once, at most. */
  slots: number;
  /** Jobs of one build, at most; absent: as many as cores. */
  maxJobs?: number;
  /** Work done per core-second, relative to the machine that estimates are for. */
  speed: number;
  /** Memory for builds. Bytes; null where unknown: no limit then. */
  memoryBytes: number | null;
  /** Disk for builds, with what those of now have taken of it already. Bytes; absent where unknown: no limit then. */
  diskBytes?: number;
  /** What it fetches from the binhost in a second. Absent where that was not measured. */
  linkBytesPerSecond?: number;
  /** Patterns of packages that it never builds, and of those that it builds at all; absent: none and any. */
  exclude?: readonly string[];
  only?: readonly string[];
  /** Null where it may get work now, else why not. */
  unusable: string | null;
}

/** A build that runs. */
export interface RunningBuild {
  index: number;
  drone: string;
  jobs: number;
  /** Core-seconds that it has used. */
  used: number;
  /** Seconds of the longest path that waits for it. */
  tail: number;
}

/** A run as it stands, as far as the look ahead needs it. */
export interface Standing {
  graph: PlanGraph;
  /** Positions of what was received. */
  received: readonly number[];
  /** Positions of what will not be built: failed, skipped. */
  given: readonly number[];
  running: readonly RunningBuild[];
  drones: readonly Capacity[];
  limits?: BuildLimits;
  /** Positions of what goes before all others, with what it needs; absent: nothing. */
  first?: readonly number[];
  /** For each drone that failed packages the positions of these: it does not get them again. Absent: none. */
  failed?: readonly { drone: string; positions: readonly number[] }[];
}

/** What a look ahead says of a run. */
export interface Outlook {
  /** See `Tuning` of the scheduler. */
  crowding: number;
  patience: number;
  /** Factor on the priority of each package of the graph, by position; absent: all 1. */
  bias?: number[];
  /** Seconds from the standing's time to the end of the last build: likely not before, expected, likely not after. */
  seconds: { low: number; expected: number; high: number };
}
