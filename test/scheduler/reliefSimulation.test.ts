import fc from "fast-check";
import { expect, test } from "vitest";
import { randomGraph } from "../../bench/schedule/randomGraphs.ts";
import { disturbed } from "../../scheduler/packageGraph.ts";
import { DEFAULT_TUNING } from "../../scheduler/scheduler.ts";
import { type Schedule, type SimPackage, simulate } from "../../scheduler/simulate.ts";
import { type Relief, swarmPolicy } from "../../scheduler/swarmPolicy.ts";

const drones = [
  { name: "slow", cores: 8, speed: 1, slots: 1 },
  { name: "fast", cores: 24, speed: 1, slots: 1 },
];
const exact = (work: number): SimPackage => ({
  ...{ estimate: { work, serial: 0, width: 64 }, sigma: 0, truth: { work, serial: 0, width: 64 } },
  needs: [],
});
const run = (packages: SimPackage[], relief: Relief) =>
  simulate(packages, drones, swarmPolicy(packages, drones, { crowding: 1, patience: 0 }, relief));
const kept = ({ builds }: Schedule) => builds.filter((b) => b.outcome === "dropped").length;

test("a restart pays: what began on the slow drone goes to the fast one when that is free", () => {
  const packages = [exact(36_000), exact(30_000)];
  const [none, restart, copy] = [run(packages, "none"), run(packages, "restart"), run(packages, "copy")];
  expect(none.makespan).toBeCloseTo(3_750, 3);
  expect(restart.makespan).toBeCloseTo(2_750, 3);
  expect([kept(none), kept(restart), kept(copy)]).toEqual([0, 1, 1]);
  expect(copy.makespan).toBeCloseTo(2_750, 3);
  expect(restart.wasted).toBeCloseTo(8 * 1_500, 3);
});

test("only a copy pays where a restart's margin is not reached", () => {
  const packages = [exact(52_800), exact(28_800)];
  const [none, restart, copy] = [run(packages, "none"), run(packages, "restart"), run(packages, "copy")];
  expect(restart).toEqual(none);
  expect(copy.makespan).toBeCloseTo(none.makespan - 200, 3);
});

test("property: each package is accepted once and begun at most twice, though builds fail and drones are lost", () => {
  let dropped = 0;
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), fc.constantFrom<Relief>("restart", "copy"), (seed, relief) => {
      const graph = randomGraph(seed, [2, 40]);
      const lostAt = 1 + (seed % 500);
      const all = [
        ...graph.drones.slice(0, 3).map((d, i) => ({ ...d, speed: [1, 0.3, 2][i] ?? 1 })),
        { name: "gone", cores: 32, speed: 2, lostAt },
      ];
      const packages = disturbed(graph, 0.7, seed);
      const fails = (index: number, tries: number) => index % 5 === 0 && tries < 1;
      const policy = () => swarmPolicy(packages, all, DEFAULT_TUNING, relief);
      const schedule = simulate(packages, all, policy(), fails);
      expect(simulate(packages, all, policy(), fails)).toEqual(schedule);
      const of = (outcome: string) => schedule.builds.filter((b) => b.outcome === outcome).map((b) => b.index);
      expect(of("built").sort((a, b) => a - b)).toEqual([...packages.keys()]);
      const each = new Map<number, number>();
      for (const index of of("dropped")) each.set(index, (each.get(index) ?? 0) + 1);
      const ends = of("failed").concat(of("lost"));
      for (const [index, n] of each) expect(n).toBeLessThanOrEqual(1 + ends.filter((i) => i === index).length);
      dropped += of("dropped").length;
    }),
    { numRuns: 120, seed: 4 },
  );
  expect(dropped).toBeGreaterThan(10);
});
