import { expect, test } from "vitest";
import { longestPath, lowerBound, needsFirst } from "../../scheduler/bound.ts";

const pkg = (work: number, serial: number, width: number, needs: number[] = []) => ({
  work: { work, serial, width },
  needs,
});
const drone = (cores: number, speed = 1, lostAt?: number) => ({
  ...{ name: `${cores}`, cores, speed },
  ...(lostAt === undefined ? {} : { lostAt }),
});

test("the longest path, each package alone on the biggest drone", () => {
  const packages = [pkg(100, 20, 8), pkg(50, 50, 1, [0]), pkg(30, 30, 1, [0]), pkg(1, 1, 1)];
  expect(lowerBound(packages, [drone(8), drone(2)])).toEqual({
    ...{ seconds: 80, byPath: 80, byWork: 18.1, path: [0, 1] },
  });
});

test("all cores busy all the time, faster ones counted for more", () => {
  const packages = Array.from({ length: 10 }, () => pkg(80, 8, 8));
  expect(lowerBound(packages, [drone(8), drone(8, 0.5), drone(4, 2)])).toMatchObject({ seconds: 40, byWork: 40 });
});

test("a small drone that is fast may be the best one for a package", () => {
  expect(lowerBound([pkg(40, 40, 1)], [drone(64), drone(2, 4)])).toMatchObject({ byPath: 10 });
});

test("a drone that will be lost counts as long as it is there", () => {
  const packages = Array.from({ length: 10 }, () => pkg(10, 1, 1));
  // 100 core-seconds: two cores for 20 s, one for the other 60.
  expect(lowerBound(packages, [drone(1), drone(1, 1, 20)]).byWork).toBe(80);
  expect(lowerBound(packages, [drone(1, 1, 20)]).byWork).toBe(Number.POSITIVE_INFINITY);
});

test("needs first, duplicates among them or not", () => {
  expect(needsFirst([[1, 1], [2], []])).toEqual([2, 1, 0]);
  expect(longestPath([[1, 1, 2], [2], []], [1, 1, 1])).toEqual([2, 1, 0]);
  expect(longestPath([], [])).toEqual([]);
});
