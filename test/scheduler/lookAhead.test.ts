import { expect, test } from "vitest";
import type { Outlook, Standing } from "../../model/outlook.ts";
import type { GraphPackage } from "../../model/plan.ts";
import { impossible, lookAhead, restOf } from "../../scheduler/lookAhead.ts";

const pkg = (cpv: string, change: Partial<GraphPackage> = {}): GraphPackage => ({
  ...{ cpv, estimate: 100, width: 1, sigma: 0, memory: 0, memoryPerJob: 0, build: [], run: [] },
  ...change,
});
const drone = (name: string, unusable: string | null = null) => ({
  ...{ name, cores: 4, slots: 4, speed: 1, memoryBytes: null },
  unusable,
});
const standing = (change: Partial<Standing> = {}): Standing => ({
  graph: {
    packages: [pkg("a/base-1"), pkg("a/lib-1", { build: [0] }), pkg("a/app-1", { build: [1] }), pkg("a/other-1")],
  },
  ...{ received: [], given: [], running: [], drones: [drone("izar")] },
  ...change,
});

function outlook(request: Standing, budget = 1_000): Outlook | null {
  const steps = lookAhead(request, budget);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

test("a chain takes its length; with exact estimates the outlook is one number", () => {
  expect(outlook(standing())?.seconds).toEqual({ low: 300, expected: 300, high: 300 });
});

test("what is received, given up, running or on a drone that is away counts as such", () => {
  expect(outlook(standing({ received: [0] }))?.seconds.expected).toBe(200);
  expect(outlook(standing({ received: [0], given: [1, 2] }))?.seconds.expected).toBe(100);
  const running = [{ index: 0, drone: "izar", jobs: 1, used: 60, tail: 200 }];
  expect(outlook(standing({ running }))?.seconds.expected).toBeCloseTo(240, 3);
  const gone = { running, drones: [drone("izar", "is away"), drone("tarn")] };
  expect(outlook(standing(gone))?.seconds.expected).toBe(300);
  expect(outlook(standing({ drones: [drone("izar", "is away")] }))).toBeNull();
  expect(outlook(standing({ received: [0, 1, 2, 3] }))).toBeNull();
});

test("memory, exclusive groups and what drones exclude count; what none may build is left out with all that waits for it", () => {
  const GIB = 2 ** 30;
  const four = { packages: [pkg("a/one-1"), pkg("a/two-1"), pkg("b/one-1"), pkg("b/two-1")] };
  const takes = (change: Partial<Standing>) => outlook(standing({ graph: four, ...change }))?.seconds.expected;
  const limits = { exclusive: [], memory: [], speculate: false };
  expect(takes({})).toBe(100);
  expect(takes({ limits: { ...limits, exclusive: [["a/*", "b/one"]] } })).toBe(300);
  const drones = [{ ...drone("izar"), memoryBytes: 8 * GIB }];
  expect(takes({ drones, limits: { ...limits, memory: [{ packages: "*/*", gib: 4 }] } })).toBe(200);
  const picky = [{ ...drone("izar"), only: ["a/*"] }, drone("tarn")].map((d) => ({ ...d, slots: 1 }));
  expect(takes({ drones: picky })).toBe(200);
  expect(takes({ drones: picky.slice(0, 1) })).toBe(200);

  const { positions } = restOf(standing({ drones: [{ ...drone("izar"), exclude: ["a/lib"] }] }));
  expect(positions).toEqual([0, 3]);
  const memory = [{ packages: "a/base", gib: 30 }];
  expect(impossible({ ...standing({ drones, limits: { ...limits, memory } }) })).toMatchObject([{ position: 0 }]);
});

test("disk counts where drones have a figure of it; what fits on none is left out with what waits for it", () => {
  const GIB = 2 ** 30;
  const packages = [pkg("a/one-1", { disk: 8 }), pkg("a/two-1", { disk: 8 }), pkg("a/three-1", { disk: 8 })];
  const takes = (gib?: number) => {
    const drones = [{ ...drone("izar"), ...(gib === undefined ? {} : { diskBytes: gib * GIB }) }];
    return outlook(standing({ graph: { packages }, drones }))?.seconds.expected;
  };
  expect([takes(), takes(24), takes(16), takes(8)]).toEqual([100, 100, 200, 300]);
  expect(takes(7)).toBeUndefined();
  const big = [pkg("a/big-1", { disk: 8 }), pkg("a/app-1", { build: [0] }), pkg("a/other-1")];
  const { positions } = restOf(
    standing({ graph: { packages: big }, drones: [{ ...drone("izar"), diskBytes: 7 * GIB }] }),
  );
  expect(positions).toEqual([2]);
});

test("what an operator put first goes first, with what it needs, until it is built", () => {
  const packages = [
    pkg("a/one-1"),
    pkg("a/two-1"),
    pkg("a/x-1"),
    pkg("a/y-1", { build: [2] }),
    pkg("a/z-1", { build: [3] }),
  ];
  const takes = (first?: number[]) => {
    const drones = [{ ...drone("izar"), cores: 2, slots: 2 }];
    return outlook(standing({ graph: { packages }, drones, ...(first ? { first } : {}) }))?.seconds.expected;
  };
  expect([takes(), takes([0, 1]), takes([4]), takes([1])]).toEqual([300, 400, 300, 300]);
});

test("a drone that failed a package does not get it again; what all failed is left out", () => {
  const drones = [drone("izar"), { ...drone("slow"), speed: 0.5 }];
  const takes = (...names: string[]) => {
    const failed = names.map((name) => ({ drone: name, positions: [0] }));
    return outlook(standing({ graph: { packages: [pkg("a/one-1")] }, drones, failed }))?.seconds.expected;
  };
  expect([takes(), takes("izar"), takes("slow", "unknown"), takes("izar", "slow")]).toEqual([100, 200, 100, undefined]);
});

test("what builds is not left out, however little room its drone says to have", () => {
  const drones = [{ ...drone("izar"), diskBytes: 2 ** 30 }];
  const running = [{ index: 0, drone: "izar", jobs: 1, used: 40, tail: 0 }];
  const graph = { packages: [pkg("a/big-1", { disk: 8 })] };
  expect(outlook(standing({ graph, drones, running }))?.seconds.expected).toBeCloseTo(60, 3);
});

test("uncertain estimates make a range around what is expected", () => {
  const packages = standing().graph.packages.map((p) => ({ ...p, sigma: 0.7 }));
  const seconds = outlook(standing({ graph: { packages } }))?.seconds;
  expect(seconds?.low).toBeLessThan(seconds?.expected ?? 0);
  expect(seconds?.high).toBeGreaterThan(seconds?.expected ?? 0);
});

test("a package waits for what its needs need at run time, and for no cycle", () => {
  const packages = [pkg("a/x-1", { run: [1] }), pkg("a/y-1", { build: [0] }), pkg("a/z-1", { build: [0] })];
  const { request } = restOf(standing({ graph: { packages } }));
  expect(request.packages.map((p) => [...p.needs].sort())).toEqual([[], [0], [0, 1]]);
});

test("more trying never finds worse, and a biased priority is given by position", () => {
  const packages = Array.from({ length: 30 }, (_, i) =>
    pkg(`a/p${i}-1`, { estimate: 50 + ((i * 37) % 400), width: 1 + (i % 5), build: i > 8 ? [i - 9, (i * 3) % 8] : [] }),
  );
  const few = outlook(standing({ graph: { packages } }), 30);
  const many = outlook(standing({ graph: { packages } }), 9_000);
  expect(many?.seconds.expected).toBeLessThanOrEqual(few?.seconds.expected ?? 0);
  expect(many?.bias ?? packages).toHaveLength(packages.length);
});
