import type { Estimate } from "../model/estimate.ts";

/** The part of an estimate that says how long a build takes. */
export type Work = Pick<Estimate, "work" | "serial" | "width">;

/** All of an estimate that decisions are made of. */
export type Cost = Omit<Estimate, "source">;

/** Wall seconds of a build on `cores` cores that it has to itself. */
export function secondsOn({ work, serial, width }: Work, cores: number): number {
  return serial + (work - serial) / Math.max(1, Math.min(cores, width));
}

/** Cores that a build keeps busy on average when it has `cores` to itself. */
export function meanCores(work: Work, cores: number): number {
  const seconds = secondsOn(work, cores);
  return seconds > 0 ? work.work / seconds : 0;
}

/** With less than this of a distribution left, its tail is extrapolated: the formula would divide by nothing. */
const THIN_TAIL = 1e-6;
/** What is at least still to come of a build that has outlived its estimate, relative to what it has used. */
const LEAST_REST = 0.05;

/**
 * Expected total work of a build that has used `used` core-seconds already: the conditional mean of a log-normal
 * variable, E[X | X > used], with median `work`. A build that outlives its estimate is expected to take longer still,
 * in proportion; with sigma 0 the estimate is believed to the end.
 */
export function expectedWork(work: number, sigma: number, used: number): number {
  const least = used * (1 + LEAST_REST);
  if (work <= 0) return least;
  if (sigma <= 0) return Math.max(work, least);
  const mean = work * Math.exp((sigma * sigma) / 2);
  if (used <= 0) return mean;
  const z = Math.log(used / work) / sigma;
  const beyond = 1 - normal(z);
  if (beyond < THIN_TAIL) return used * 1.5;
  return Math.max(least, (mean * normal(sigma - z)) / beyond);
}

/** The standard normal distribution function, by the rational approximation 26.2.17 of Abramowitz and Stegun (error below 1e-7). */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    Math.exp((-x * x) / 2) *
    0.3989422804014327 *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - tail : tail;
}
