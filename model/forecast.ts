import { count, duration } from "./words.ts";

/** A build of the path that decides when all is done. Times are seconds, from the start of the builds. */
export interface ForecastBuild {
  cpv: string;
  drone: string;
  jobs: number;
  start: number;
  end: number;
  after: "nothing" | "needs" | "room" | "retry";
}

/** What a plan would take, by the scheduler run forward. Times are seconds. */
export interface Forecast {
  /** Likely not before, expected, likely not after, as sure as the estimates are; all the same where these are exact. */
  seconds: { low: number; expected: number; high: number };
  /** What no schedule beats if the estimates are right; `byPath`: for the longest path, else for the work. */
  bound: { seconds: number; byPath: boolean };
  /** What it takes if the estimates are right. */
  asEstimated: number;
  /** If the estimates are right: each drone's packages, and the part of its cores that they keep busy (0 to 1). */
  drones: { name: string; cores: number; packages: number; busy: number }[];
  /** If the estimates are right: the builds that decide when all is done, first to last. */
  criticalPath: ForecastBuild[];
}

/** A whole plan as it would be built. */
export interface PlanForecast {
  /** Packages to build. */
  total: number;
  /** Each wave can start when the ones before it are done. */
  waves: number;
  /** Core-seconds of everything. */
  work: number;
  /** Cores of the drones that were verified and are not paused. */
  cores: number;
  /** What it would take on those drones; null where there is none, or nothing to build. */
  forecast: Forecast | null;
  /** What could not be built, one sentence each. */
  notices: string[];
}

/** What a build of the critical path starts after. */
export const STARTS_AFTER: Record<ForecastBuild["after"], string> = {
  nothing: "the beginning",
  needs: "what it needs",
  room: "room on a drone",
  retry: "a failed try",
};

/** How much there is to build. */
export function sizeWords({ total, waves, work }: Pick<PlanForecast, "total" | "waves" | "work">): string {
  return `${count(total, "package")} in ${count(waves, "wave")}, about ${seconds(work)} of one core's work`;
}

/** How long it would take: on what, and at best. Where that is unknown why, and where to look. */
export function timeWords({ cores: usable, forecast }: Pick<PlanForecast, "cores" | "forecast">): string[] {
  if (forecast === null) {
    return [
      `How long it would take is unknown: ${usable > 0 ? "no drone may build any of it" : "no drone was verified"}. Look: swarm drones`,
    ];
  }
  const { bound, asEstimated, drones } = forecast;
  const cores = drones.reduce((sum, each) => sum + each.cores, 0);
  const { low, expected, high } = forecast.seconds;
  const range = seconds(low) === seconds(high) ? "" : `, likely ${seconds(low)} to ${seconds(high)}`;
  const why = bound.byPath ? "the longest path, each package alone" : "all cores busy to the end";
  return [
    `On ${count(drones.length, "verified drone")} with ${cores} cores: about ${seconds(expected)}${range}`,
    `If the estimates are right: ${seconds(asEstimated)}; no schedule is faster than ${seconds(bound.seconds)} (${why})`,
  ];
}

function seconds(number: number): string {
  return duration(number * 1000);
}
