import { expect, test } from "vitest";
import { readGraph } from "../../cli/simulate/graphFile.ts";
import { lowerBound } from "../../scheduler/bound.ts";
import { exactly } from "../../scheduler/packageGraph.ts";
import { type Schedule, type SimDrone, type SimPackage, simulate } from "../../scheduler/simulate.ts";
import { YARDSTICKS, type Yardstick } from "../../scheduler/yardsticks/yardsticks.ts";

const FOUR = [16, 14, 24, 8].map((cores, i): SimDrone => ({ name: `drone${i + 1}`, cores, speed: 1 }));

/** A package of which half is serial. */
const pkg = (seconds: number, needs: number[] = [], width = 1): SimPackage => {
  const work = { work: seconds * width, serial: width === 1 ? seconds : 0, width };
  return { estimate: work, truth: work, sigma: 0, needs };
};

function run(name: Yardstick, packages: SimPackage[], drones: SimDrone[], reaches = packages.map((p) => p.needs)) {
  const known = { packages, drones, reaches: reaches.map((each) => ({ reaches: each })) };
  return simulate(packages, drones, YARDSTICKS[name](known));
}

const startsOf = ({ builds }: Schedule) =>
  builds.toSorted((a, b) => a.start - b.start || a.index - b.index).map((b) => [b.index, b.drone, b.jobs, b.start]);

const two: SimDrone[] = [
  { name: "small", cores: 6, speed: 1 },
  { name: "big", cores: 8, speed: 1 },
];

test("merge order: one package per drone, with all its cores, the first on the biggest", () => {
  expect(startsOf(run("merge-order", [pkg(10), pkg(20), pkg(5), pkg(5, [0])], two))).toEqual([
    [0, "big", 8, 0],
    [1, "small", 6, 0],
    [2, "big", 8, 10],
    [3, "big", 8, 15],
  ]);
});

test("critical path: what most hangs on goes first", () => {
  expect(startsOf(run("critical-path", [pkg(10), pkg(20), pkg(15), pkg(50, [0])], two)).map(([i]) => i)).toEqual([
    0, 1, 3, 2,
  ]);
});

test("slots of four: cores / 4 slots of -j4", () => {
  const schedule = run(
    "slots-of-four",
    Array.from({ length: 6 }, () => pkg(10, [], 4)),
    [{ name: "a", cores: 16, speed: 1 }],
  );
  expect(startsOf(schedule).map(([i, , jobs, start]) => [i, jobs, start])).toEqual([
    ...[
      [0, 4, 0],
      [1, 4, 0],
      [2, 4, 0],
      [3, 4, 0],
    ],
    ...[
      [4, 4, 10],
      [5, 4, 10],
    ],
  ]);
  expect(run("slots-of-four", [pkg(10, [], 4)], [{ name: "a", cores: 2, speed: 1 }]).builds[0]).toMatchObject({
    jobs: 2,
  });
});

test("Portage's rule: nothing starts that reaches, over a broken cycle, what stands before it or runs", () => {
  // 2 needs 1 at run time only through a cycle that was broken: it may be built, and Portage waits all the same.
  const packages = [pkg(10), pkg(30, [0]), pkg(5, [0]), pkg(5)];
  const reaches = [[], [0], [0, 1], [2]];
  expect(startsOf(run("portage", packages, two, reaches))).toEqual([
    [0, "big", 8, 0],
    [1, "big", 8, 10],
    [2, "big", 8, 40],
    [3, "big", 8, 45],
  ]);
  expect(run("merge-order", packages, two).makespan).toBe(40);
});

test("Portage's rule: what stands later is no hindrance, and while nothing runs the first ready one starts", () => {
  expect(startsOf(run("portage", [pkg(10), pkg(10)], two, [[1], []]))).toEqual([
    [0, "big", 8, 0],
    [1, "small", 6, 0],
  ]);
});

test("crude sharing: eight at once on a drone", () => {
  const { makespan } = run(
    "crude-sharing",
    Array.from({ length: 9 }, () => pkg(10)),
    [{ name: "a", cores: 16, speed: 1 }],
  );
  expect(makespan).toBe(20);
});

/** The table of the graphs' authors, whose simulator is not ours: they ran one package per drone and fixed slots. */
test.for<[string, Yardstick, number]>([
  ["weekly", "merge-order", 1.73],
  ["weekly", "critical-path", 2.68],
  ["weekly", "slots-of-four", 5.34],
  ["weekly", "slots-critical-path", 5.34],
  ["desktop", "merge-order", 2.33],
  ["desktop", "critical-path", 2.49],
  ["desktop", "slots-of-four", 4.7],
  ["desktop", "slots-critical-path", 4.7],
  ["desktop", "portage", 3.09],
])("%s by %s takes what it is known to take, x%s of the bound", async ([name, yardstick, ratio]) => {
  const graph = await readGraph(name, "/");
  const packages = exactly(graph);
  const known = { packages, drones: FOUR, reaches: graph.packages };
  const { makespan } = simulate(packages, FOUR, YARDSTICKS[yardstick](known));
  const relative = makespan / lowerBound(graph.packages, FOUR).seconds / ratio;
  expect(relative).toBeGreaterThan(0.99);
  expect(relative).toBeLessThan(1.01);
});

test.for(Object.keys(YARDSTICKS).filter((name): name is Yardstick => name in YARDSTICKS))(
  "%s goes on when a drone is lost and builds fail",
  (name) => {
    const packages = Array.from({ length: 40 }, (_, i) => pkg(10 + i, i % 3 === 0 && i > 0 ? [i - 1] : [], 2));
    const drones = [...two, { name: "gone", cores: 8, speed: 1, lostAt: 15 }];
    const known = { packages, drones, reaches: packages.map((p) => ({ reaches: p.needs })) };
    const { builds } = simulate(
      packages,
      drones,
      YARDSTICKS[name](known),
      (index, tries) => index % 7 === 0 && tries < 2,
    );
    const built = builds.filter((b) => b.outcome === "built").map((b) => b.index);
    expect(built.toSorted((a, b) => a - b)).toEqual([...packages.keys()]);
    expect(builds.filter((b) => b.outcome === "failed")).toHaveLength(12);
    expect(builds.filter((b) => b.outcome === "lost").length).toBeGreaterThan(0);
    expect(builds.every((b) => b.drone !== "gone" || b.end <= 15)).toBe(true);
  },
);
