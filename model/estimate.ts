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
  /** Standard deviation of ln(true work / estimated work): 0 = exact, 0.7 = a factor 2 either way is usual. */
  sigma: number;
  source: EstimateSource;
}
