import { runOne } from "../../cli/simulate/runSimulation.ts";
import { disturbed, type PackageGraph } from "../../scheduler/packageGraph.ts";
import { plan } from "../../scheduler/plan.ts";
import { DEFAULT_TUNING } from "../../scheduler/scheduler.ts";
import type { Schedule, SimDrone } from "../../scheduler/simulate.ts";
import { remainingPaths } from "../../scheduler/swarmPolicy.ts";
import { secondsOn } from "../../scheduler/work.ts";

/** How far off the expected end was, at a moment of the runs. */
export interface EtaError {
  /** Part of the run that had passed. */
  passed: number;
  runs: number;
  /** Means of the runs: |expected end - real end| over the real length of the run, and the real rest over the expected one. */
  error: number;
  bias: number;
  /** Part of the runs whose real end was inside the range that was told. */
  inside: number;
}

/**
 * The scheduler's own ETA, by running itself forward, in runs whose true times differ from the estimates.
 * @param moments parts of a run that have passed when it is asked.
 */
export function etaErrors(
  graph: PackageGraph,
  drones: readonly SimDrone[],
  { noise, seeds, moments }: { noise: number; seeds: number; moments: readonly number[] },
): EtaError[] {
  const simulation = { drones: [...drones], policies: [], noise, failRate: 0, speculate: false, seeds: [] };
  const runs = Array.from({ length: seeds }, (_, i) => {
    const run = { policy: "swarm-rule", seed: i + 1, tuning: DEFAULT_TUNING } as const;
    return runOne(graph, simulation, run).schedule;
  });
  return moments.map((passed) => {
    let [error, bias, inside] = [0, 0, 0];
    runs.forEach((schedule, i) => {
      const now = schedule.makespan * passed;
      const { makespan, finishes } = plan({
        ...standing(graph, drones, schedule, now, noise),
        drones,
        budget: 0,
        seed: i,
      });
      const real = schedule.makespan - now;
      error += Math.abs(makespan - real) / schedule.makespan / seeds;
      bias += real / makespan / seeds;
      if (real >= (finishes[0] ?? 0) && real <= (finishes.at(-1) ?? 0)) inside += 1 / seeds;
    });
    return { passed, runs: seeds, error, bias, inside };
  });
}

/** What the scheduler knows at a moment: what is not built yet, and what is being built since when. */
function standing(graph: PackageGraph, drones: readonly SimDrone[], schedule: Schedule, now: number, noise: number) {
  const done = new Set(schedule.builds.filter((b) => b.end <= now).map((b) => b.index));
  const positions = [...graph.packages.keys()].filter((i) => !done.has(i));
  const place = new Map(positions.map((position, i) => [position, i]));
  const all = disturbed(graph, noise, 0);
  const packages = positions.flatMap((position) => {
    const p = all[position];
    return p ? [{ ...p, needs: p.needs.flatMap((need) => place.get(need) ?? []) }] : [];
  });
  const cores = Math.max(...drones.map((d) => d.cores));
  const remaining = remainingPaths(packages, cores);
  const running = schedule.builds.flatMap((build) => {
    const index = place.get(build.index);
    const p = packages[index ?? -1];
    if (index === undefined || !p || build.start >= now || build.end <= now) return [];
    const { drone, jobs } = build;
    const speed = drones.find((d) => d.name === drone)?.speed ?? 1;
    // As if it had had its cores to itself: what a drone would measure is not in the schedule.
    const used = (p.estimate.work * (now - build.start) * speed) / Math.max(secondsOn(p.estimate, jobs), 1e-9);
    const tail = Math.max(0, (remaining[index] ?? 0) - secondsOn(p.estimate, cores));
    return [{ index, drone, jobs, used, tail }];
  });
  return { packages, running };
}
