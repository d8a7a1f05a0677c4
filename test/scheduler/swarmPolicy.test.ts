import fc from "fast-check";
import { expect, test } from "vitest";
import { randomGraph } from "../../bench/schedule/randomGraphs.ts";
import { lowerBound } from "../../scheduler/bound.ts";
import { disturbed, exactly } from "../../scheduler/packageGraph.ts";
import { DEFAULT_TUNING } from "../../scheduler/scheduler.ts";
import { type Schedule, type SimDrone, type SimPackage, simulate } from "../../scheduler/simulate.ts";
import { swarmPolicy } from "../../scheduler/swarmPolicy.ts";

const run = (
  packages: readonly SimPackage[],
  drones: readonly SimDrone[],
  crowding?: number,
  fails?: Fails,
): Schedule =>
  simulate(
    packages,
    drones,
    swarmPolicy(packages, drones, crowding === undefined ? DEFAULT_TUNING : { ...DEFAULT_TUNING, crowding }),
    fails,
  );
type Fails = (index: number, tries: number) => boolean;

const SEEDS = fc.nat({ max: 100_000 });

/** Nothing before what it needs, and everything built once. */
function expectSound({ builds }: Schedule, packages: readonly SimPackage[]): void {
  const built = new Map(builds.filter((b) => b.outcome === "built").map((b) => [b.index, b]));
  expect(builds.filter((b) => b.outcome === "built")).toHaveLength(packages.length);
  expect(built.size).toBe(packages.length);
  for (const { index, start } of builds) {
    for (const need of packages[index]?.needs ?? []) expect(built.get(need)?.end).toBeLessThanOrEqual(start);
  }
}

test("on graphs and drones of every shape: sound, no faster than the bound, no work lost, the same each time", () => {
  fc.assert(
    fc.property(
      SEEDS,
      fc.constantFrom(0, 0.7, 1.5),
      fc.double({ min: 0.05, max: 3, noNaN: true }),
      (seed, noise, crowding) => {
        const graph = randomGraph(seed, [2, 60]);
        const { drones } = graph;
        const packages = noise === 0 ? exactly(graph) : disturbed(graph, noise, seed);
        const schedule = run(packages, drones, crowding);
        expectSound(schedule, packages);
        const truths = packages.map(({ truth, needs }) => ({ work: truth, needs }));
        expect(schedule.makespan).toBeGreaterThanOrEqual(lowerBound(truths, drones).seconds * (1 - 1e-9));
        const { dependencies, heldBack, tail, lost } = schedule.idle;
        const capacity = drones.reduce((sum, d) => sum + d.cores, 0) * schedule.makespan;
        const used = capacity - dependencies - heldBack - tail - lost;
        if (drones.every((d) => d.speed === 1)) {
          const work = packages.reduce((sum, p) => sum + p.truth.work, 0);
          expect(Math.abs(used / (work + schedule.wasted) - 1)).toBeLessThan(1e-6);
        }
        expect(run(packages, drones, crowding)).toEqual(schedule);
      },
    ),
    { numRuns: 150, seed: 4 },
  );
});

test("also where builds fail and drones are lost", () => {
  fc.assert(
    fc.property(SEEDS, fc.nat({ max: 600 }), fc.integer({ min: 2, max: 6 }), (seed, lostAt, nth) => {
      const graph = randomGraph(seed, [2, 60]);
      const drones = [...graph.drones, { name: "gone", cores: 8, speed: 1, lostAt }];
      const packages = exactly(graph);
      const schedule = run(packages, drones, undefined, (index, tries) => index % nth === 0 && tries < 2);
      expectSound(schedule, packages);
      const failed = schedule.builds.filter((b) => b.outcome === "failed");
      expect(failed).toHaveLength(2 * Math.ceil(packages.length / nth));
      for (const b of schedule.builds) if (b.drone === "gone") expect(b.end).toBeLessThanOrEqual(lostAt + 1e-6);
    }),
    { numRuns: 80, seed: 4 },
  );
});
