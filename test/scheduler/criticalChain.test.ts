import { expect, test } from "vitest";
import { criticalChain } from "../../scheduler/criticalChain.ts";
import type { Schedule, SimBuild } from "../../scheduler/simulate.ts";

const build = (index: number, drone: string, start: number, end: number, outcome: SimBuild["outcome"] = "built") => ({
  ...{ index, drone, jobs: 1, start, end, outcome },
});

function chainOf(builds: SimBuild[], needs: number[][]): [number, string][] {
  const idle = { dependencies: 0, heldBack: 0, tail: 0, lost: 0 };
  const schedule: Schedule = { makespan: Math.max(0, ...builds.map((b) => b.end)), builds, idle, wasted: 0 };
  return criticalChain(schedule, needs).map(({ build: { index }, after }) => [index, after]);
}

test("back through what each needs, the last of it", () => {
  const builds = [build(0, "a", 0, 5), build(1, "b", 0, 9), build(2, "a", 9, 20), build(3, "b", 9, 12)];
  expect(chainOf(builds, [[], [], [0, 1], [1]])).toEqual([
    [1, "nothing"],
    [2, "needs"],
  ]);
});

test("back through the build that made room, on the same drone if there is one", () => {
  const builds = [build(0, "b", 0, 5), build(1, "a", 0, 5), build(2, "a", 5, 20)];
  expect(chainOf(builds, [[], [], []])).toEqual([
    [1, "nothing"],
    [2, "room"],
  ]);
});

test("back through a try that failed or was lost", () => {
  const builds = [
    build(0, "a", 0, 5),
    build(1, "a", 5, 9, "failed"),
    build(1, "b", 9, 15, "lost"),
    build(1, "a", 15, 30),
  ];
  expect(chainOf(builds, [[], [0]])).toEqual([
    [0, "nothing"],
    [1, "needs"],
    [1, "retry"],
    [1, "retry"],
  ]);
});

test("builds without any work end where they start, and end the chain somewhere all the same", () => {
  expect(chainOf([build(0, "a", 0, 0), build(1, "a", 0, 0), build(2, "a", 0, 4)], [[], [0], [1]])).toEqual([
    [0, "nothing"],
    [1, "needs"],
    [2, "needs"],
  ]);
  expect(chainOf([], [])).toEqual([]);
});
