import type { GraphPackage } from "./plan.ts";

/** Where an estimate comes from, best first. */
export const ESTIMATE_SOURCES = ["history", "earlier-version", "known-giant", "category", "size"] as const;
export type EstimateSource = (typeof ESTIMATE_SOURCES)[number];

/**
 * What a build is expected to cost. Time on n cores that it has to itself: serial + (work - serial) / min(n, width)
 * (the cost model of the shipped graphs).
 */
export interface Estimate {
  /** Core-seconds in all. */
  work: number;
  /** Seconds of it that use one core only: unpacking, configuring, linking, installing. */
  serial: number;
  /** Jobs that it can use at most. */
  width: number;
  /** Peak memory of the build's processes, in bytes: `memoryBytes` + jobs * `memoryPerJobBytes`. */
  memoryBytes: number;
  memoryPerJobBytes: number;
  /** Disk that its build root takes at most, with all that is installed there, in bytes; absent: no more than USUAL_DISK_BYTES. */
  diskBytes?: number;
  /** Standard deviation of ln(true work / estimated work): 0 = exact, 0.7 = a factor 2 either way is usual. */
  sigma: number;
  source: EstimateSource;
}

/** What a package of a graph has where it does not say so: most of them have these. */
const GRAPH_DEFAULTS = { serial: 0, width: 1, memory: 300, memoryPerJob: 350, sigma: 0.8 } as const;
type GraphEstimate = Pick<GraphPackage, "estimate" | "disk" | keyof typeof GRAPH_DEFAULTS>;

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What most builds take of a disk at most. */
export const USUAL_DISK_BYTES = GIB / 2;
/** Of a disk, GiB: few values, since there are many packages. */
const DISK_STEPS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

/**
 * An estimate as a graph carries it: without what is usual, in whole seconds and MiB, rounded to steps, since more digits than
 * an estimate is good for are what does not compress. Work is right to 2.5 %, memory and disk are rounded up.
 */
export function toGraph(own: Estimate): GraphEstimate {
  const { work, serial, width, memoryBytes, memoryPerJobBytes, diskBytes = 0, sigma } = own;
  const short: GraphEstimate = { estimate: Math.max(1, step(work, 1.05)) };
  const put = (key: keyof typeof GRAPH_DEFAULTS, value: number): void => {
    if (value !== GRAPH_DEFAULTS[key]) short[key] = value;
  };
  put("serial", Math.min(short.estimate, step(serial, 1.1)));
  put("width", Math.max(1, step(width, 1.2)));
  put("memory", memoryStep(memoryBytes, GRAPH_DEFAULTS.memory));
  put("memoryPerJob", memoryStep(memoryPerJobBytes, GRAPH_DEFAULTS.memoryPerJob));
  put("sigma", Math.round(sigma * 20) / 20);
  if (diskBytes > USUAL_DISK_BYTES) {
    short.disk = DISK_STEPS.find((step) => diskBytes <= step * GIB) ?? Math.ceil(diskBytes / GIB);
  }
  return short;
}

/** The nearest power of `ratio`, as a whole number. */
function step(value: number, ratio: number): number {
  return value <= 0 ? 0 : Math.round(ratio ** Math.round(Math.log(value) / Math.log(ratio)));
}

/** MiB in steps of a third above and below what is usual, rounded up. */
function memoryStep(bytes: number, usual: number): number {
  if (bytes <= 0) return 0;
  // A little above a step is that step: what was rounded once stays.
  const steps = Math.ceil(Math.log(bytes / MIB / usual) / Math.log(4 / 3) - 0.02);
  return Math.round(usual * (4 / 3) ** steps);
}

/** What a graph says of a package. Where its estimate came from is not in it. */
export function fromGraph(pkg: GraphEstimate): Omit<Estimate, "source"> {
  const { estimate: work, serial, width, memory, memoryPerJob, disk, sigma } = { ...GRAPH_DEFAULTS, ...pkg };
  return {
    ...{ work, serial, width, memoryBytes: memory * MIB, memoryPerJobBytes: memoryPerJob * MIB, sigma },
    ...(disk === undefined ? {} : { diskBytes: disk * GIB }),
  };
}

/** Bytes of a disk that a build is counted with. */
export function diskOf({ diskBytes = USUAL_DISK_BYTES }: Pick<Estimate, "diskBytes">): number {
  return diskBytes;
}
