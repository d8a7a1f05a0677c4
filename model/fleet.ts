/** What a drone reports of itself when it enrols and after each sync. */
export interface DroneFacts {
  name: string;
  /** Made once per work directory: tells a restart of this drone from another machine that took its name. */
  id: string;
  /** Declared cores: what the scheduler counts with. */
  cores: number;
  /** Builds at once. */
  slots: number;
  memoryBytes: number;
  diskFreeBytes: number;
  /** With less than this free the drone takes no builds. */
  lowDiskBytes: number;
  portage: string;
  chost: string;
  compiler: string;
  libc: string;
  /** The drone's clock, ms since the epoch, when it made this report. */
  clock: number;
  /** From here on absent in what drones of earlier versions said. Cores that builds may use together. */
  coresLimit?: number;
  /** Memory that builds may use together. Bytes. */
  memoryForBuildsBytes?: number;
  /**
   * Disk that builds may use together: what is free above `lowDiskBytes`, what those of now have taken, and what is only kept
   * at hand. Bytes.
   */
  diskForBuildsBytes?: number;
  /** Jobs that one build really gets at most, where that is less than its cores. */
  maxJobs?: number;
  /** Patterns (`category/name` with `*`) of packages that it never builds, and of those that it builds at all (none: any). */
  exclude?: string[];
  only?: string[];
  /** Work that one core does, measured: 1 is the reference machine's. */
  speed?: number;
  /** What it fetches from the binhost in a second. Absent until it was measured. */
  linkBytesPerSecond?: number;
  /** Of the cores that builds may use, those that other programs of this machine keep busy, over about a minute; in halves. */
  busyCores?: number;
}

/** What a drone has for a run, compared in the verify step. All but `name` must agree among the drones of a run. */
export interface DroneSyncReport {
  name: string;
  /** Tree identity: `git:<commit>`, or `<timestamp>:<sha256>`. */
  tree: string;
  /** When the tree was made, ISO 8601, for people. */
  treeTime: string;
  bundle: string;
  chost: string;
  compiler: string;
  libc: string;
  portage: string;
}

/** `online`: attended; `suspect`: attendance was lost, being asked again; `lost`: did not answer; `offline`: said goodbye; `refused`: not let in. */
export const DRONE_STATES = ["online", "suspect", "lost", "offline", "refused"] as const;
export type DroneState = (typeof DRONE_STATES)[number];

/** What of a drone is a run's while other runs want it too. */
export interface DroneShare {
  /** Builds at once. */
  slots: number;
  /** Of the drone's cores and memory, 0 to 1. */
  part: number;
}

export interface DronePause {
  by: string;
  reason: string | null;
  /** ms since the epoch */
  since: number;
}

/** What an operator did to a drone, as the runs are told. */
export interface DroneAction {
  drone: string;
  action: "pause" | "resume" | "forget";
  by: string;
  reason: string | null;
}

/** One drone as the fleet sees it. */
export interface DroneView {
  facts: DroneFacts;
  state: DroneState;
  /** Paused by an operator: finishes what it builds, gets nothing new. */
  paused: boolean;
  /** By whom and why; absent: it is not paused, or was by an earlier version. */
  pause?: DronePause;
  /** Why it gets nothing: grounded by strikes, low disk, clock off, refusal. */
  grounded: string | null;
  strikes: number;
  /** ms since the epoch */
  since: number;
  /** In what a run is told; absent: all of it, there is no other run. */
  share?: DroneShare;
}

/** A machine that may not build. */
export interface RefusedDrone {
  name: string;
  id: string;
  reason: string;
  /** ms since the epoch */
  at: number;
}

/** The machines that build: the answer of the `fleet` query. */
export interface FleetView {
  drones: DroneView[];
  refused: RefusedDrone[];
}

/** Which drones have the same tree: what a comparison outside of a run has found. */
export interface SyncVerifyResult {
  drones: {
    name: string;
    ok: boolean;
    stale: boolean;
    /** What keeps it out: `tree git:... instead of git:...`, `away`, a sync error. */
    error: string | null;
    report: DroneSyncReport | null;
  }[];
}

/** The last comparison of a target's drones. Times are ms since the epoch. */
export interface SyncVerifyView {
  /** `never`: none, as far as the engine remembers. */
  state: "never" | "running" | "done" | "failed";
  startedAt: number | null;
  endedAt: number | null;
  /** Of one that is done. */
  result: SyncVerifyResult | null;
  /** Why it failed. */
  reason: string | null;
}
