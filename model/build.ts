import type { Estimate } from "./estimate.ts";
import type { BuildSettings } from "./target.ts";

/** What the artifact of a build must be: compared with its own metadata by validate. */
export interface ExpectedPackage {
  cpv: string;
  buildId: number;
  slot: string;
  subslot: string;
  repository: string;
  use: string[];
  iuse: string[];
  chost: string;
  settings: BuildSettings;
}

/** Everything that a drone needs to know to build one package. */
export interface BuildOrder {
  run: string;
  target: string;
  /** SHA-256 of the plan's blob. */
  plan: string;
  tree: string;
  bundle: string;
  /** Index of the package in the plan. */
  index: number;
  cpv: string;
  attempt: number;
  /** MAKEOPTS jobs. */
  jobs: number;
  /** nice value of the build: 0 for the critical one. */
  nice: number;
  /** No output for this long ends the build. Seconds. */
  noOutputSeconds: number;
  /** Seconds of the longest path that waits for the package, after its own build. With `estimate`, `nice` is the first value only. */
  tail?: number;
  /** What it is expected to cost: the drone weighs its running builds by it, again and again. */
  estimate?: Pick<Estimate, "work" | "serial" | "width" | "sigma">;
  /** What its processes may use together, where the drone can limit that. Bytes. */
  memoryLimitBytes?: number;
  /** What it is expected to take of the disk; absent: what is usual. Bytes. */
  diskBytes?: number;
}

/** What a build used, measured on the drone over all of its processes. */
export interface BuildUsage {
  /** Processor time. Core-seconds. */
  cpuSeconds: number;
  /** Largest sum of resident memory seen. Bytes; 0 where it could not be measured. */
  peakMemoryBytes: number;
  /** Largest size seen of the build root, with all that was installed there. Bytes; absent where it was not measured. */
  peakDiskBytes?: number;
  /** Wall seconds of each phase (unpack, configure, compile ...), in order. */
  phases: { name: string; seconds: number }[];
  /** Work that one core of the drone does, see `DroneFacts`; absent in what drones of earlier versions said. */
  speed?: number;
}

/** What a drone says of the artifact that it built. */
export interface BuiltArtifact {
  cpv: string;
  buildId: number;
  size: number;
  sha256: string;
  /** Wall seconds of fetching and installing dependencies, and of the build itself. */
  prepareSeconds: number;
  buildSeconds: number;
  /** Absent in what drones of earlier versions said. */
  usage?: BuildUsage;
  /** True where a build that was already running (or done) was taken over. */
  adopted: boolean;
}

/** Heartbeat details of a build. */
export interface BuildProgress {
  phase: string;
  /** Seconds since the build began. */
  elapsed: number;
  lastLine: string;
  /** Core-seconds used so far, and bytes of memory now. Absent until they were measured once. */
  cpuSeconds?: number;
  memoryBytes?: number;
}

/** Name of the artifact's upload at the binhost: one per attempt, the same on drone and binhost, and safe in paths and URLs. */
export function uploadId({ run, cpv, attempt }: Pick<BuildOrder, "run" | "cpv" | "attempt">): string {
  // "@" is in no name: a/b-c-1 and a-b/c-1 stay apart.
  return `${run}.${cpv.replace("/", "@")}.${attempt}`;
}
