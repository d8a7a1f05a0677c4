import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Estimate } from "../../model/estimate.ts";
import { EDGE, type Edge, type Plan, type PlanPackage } from "../../model/plan.ts";
import { dependencyClosure, planGraph } from "../../portage/plan.ts";
import { DependencyGraph } from "../../scheduler/graph.ts";

const { BUILD, RUN, POST, BUILD_SLOT_OP, RUN_SLOT_OP } = EDGE;

const costs = (work: number): Estimate => ({
  ...{ work, serial: 2, width: 3, sigma: 0.5, source: "size" },
  ...{ memoryBytes: 300 * 2 ** 20, memoryPerJobBytes: 100 * 2 ** 20 },
});

/** A plan from `[needed?, edges]` in merge order. */
function planOf(packages: readonly (readonly [needed: boolean, edges: readonly Edge[]])[]): Plan {
  return {
    target: "desktop",
    tree: "git:1",
    bundle: "b",
    snapshot: null,
    unresolvable: [],
    notices: [],
    packages: packages.map(
      ([needed, edges], index): PlanPackage => ({
        cpv: `app-misc/p${index}-1`,
        slot: "0",
        subslot: "0",
        repository: "test",
        use: [],
        iuse: [],
        chost: "",
        settings: {},
        buildId: 1,
        needed: needed ? { kind: "new", text: "new" } : null,
        artifact: needed ? null : "sha",
        sourceBytes: 0,
        restrict: [],
        edges: [...edges],
      }),
    ),
  };
}

describe("what must be installed to build a package", () => {
  test("its build-time needs with all that those need at run time, but not its own plain run-time needs", () => {
    const plan = planOf([
      [true, []], // 0: library of the tool
      [true, [[0, RUN]]], // 1: tool
      [true, []], // 2: needed at run time only
      [true, []], // 3: what built the tool
      [
        true,
        [
          [1, BUILD],
          [2, RUN],
        ],
      ], // 4
    ]);
    expect(dependencyClosure(plan, 4)).toEqual([0, 1]);
    expect(dependencyClosure(plan, 1)).toEqual([]);
  });
  test("a run-time need whose sub-slot is recorded", () => {
    const plan = planOf([
      [true, []],
      [true, [[0, RUN]]],
      [true, [[1, RUN | RUN_SLOT_OP]]],
    ]);
    expect(dependencyClosure(plan, 2)).toEqual([0, 1]);
  });
  test("not what a need is built with, and not PDEPEND", () => {
    const plan = planOf([
      [true, []],
      [true, []],
      [
        true,
        [
          [0, BUILD],
          [1, POST],
        ],
      ],
      [true, [[2, BUILD | BUILD_SLOT_OP]]],
    ]);
    expect(dependencyClosure(plan, 3)).toEqual([2]);
  });
  test("the whole of a run-time circle", () => {
    const plan = planOf([
      [true, [[1, RUN]]],
      [true, [[0, RUN]]],
      [true, [[0, BUILD]]],
    ]);
    expect(dependencyClosure(plan, 2)).toEqual([0, 1]);
  });
  test("where a need needs the package itself, what comes before it", () => {
    const plan = planOf([
      [
        true,
        [
          [2, RUN],
          [1, RUN],
        ],
      ],
      [true, []],
      [true, [[0, BUILD]]],
      [true, [[0, BUILD]]],
    ]);
    expect(dependencyClosure(plan, 2)).toEqual([0, 1]);
    expect(dependencyClosure(plan, 3)).toEqual([0, 1, 2]);
  });
});

describe("the scheduler's graph", () => {
  test("has the packages to build, with estimates and reasons, and leaves out the present ones", () => {
    const plan = planOf([
      [false, []],
      [true, [[0, BUILD]]],
      [
        true,
        [
          [0, BUILD | RUN],
          [1, BUILD | BUILD_SLOT_OP | RUN | RUN_SLOT_OP],
        ],
      ],
    ]);
    // Without the usual 300 MiB, and in steps.
    const rest = { serial: 2, width: 3, memoryPerJob: 111, sigma: 0.5 };
    expect(planGraph(plan, (p) => costs(p.cpv.length))).toEqual({
      packages: [
        { cpv: "app-misc/p1-1", estimate: 13, ...rest, build: [], run: [], reason: "new" },
        { cpv: "app-misc/p2-1", estimate: 13, ...rest, build: [0], run: [0], reason: "new" },
      ],
    });
  });
  test("keeps a present package over which another one is needed", () => {
    const plan = planOf([
      [true, []],
      [false, [[0, RUN]]],
      [true, [[1, BUILD]]],
    ]);
    const { packages } = planGraph(plan, () => costs(1));
    expect(packages.map((p) => p.present ?? false)).toEqual([false, true, false]);
    const graph = new DependencyGraph({ packages });
    expect([0, 2].map((i) => graph.isReady(i))).toEqual([true, false]);
    expect(graph.receive(0)).toEqual([2]);
  });
  test("is empty where nothing is needed", () => {
    expect(
      planGraph(
        planOf([
          [false, []],
          [false, [[0, RUN]]],
        ]),
        () => costs(1),
      ),
    ).toEqual({ packages: [] });
  });
  test("and closures of 20,000 packages in one run-time circle are a matter of a moment", () => {
    const size = 20_000;
    const plan = planOf(
      Array.from({ length: size }, (_, i) => [
        i % 3 !== 0,
        i === 0
          ? [[size - 1, RUN]]
          : [
              [i - 1, RUN | (i % 7 === 0 ? BUILD : 0)],
              [i >> 1, RUN],
            ],
      ]),
    );
    const start = performance.now();
    expect(planGraph(plan, () => costs(1)).packages.length).toBeGreaterThan(size / 2);
    expect(dependencyClosure(plan, size - 1)).toHaveLength(size - 1);
    expect(dependencyClosure(plan, 7 * 2000).length).toBeGreaterThan(0);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

/** Plans as Portage orders them: what a build needs comes before it, run-time needs may point anywhere. */
const plans = fc.integer({ min: 1, max: 14 }).chain((size) =>
  fc
    .array(
      fc.record({
        needed: fc.boolean(),
        edges: fc.array(fc.tuple(fc.nat(size - 1), fc.constantFrom(BUILD, RUN, BUILD | RUN, POST, RUN | RUN_SLOT_OP)), {
          maxLength: 3,
        }),
      }),
      { minLength: size, maxLength: size },
    )
    .map((packages) =>
      planOf(
        packages.map(({ needed, edges }, index) => [
          needed,
          edges.map(([to, kinds]): Edge => [to, to >= index && kinds !== POST ? RUN : kinds]),
        ]),
      ),
    ),
);

test("building by the scheduler's graph ends, and each build finds all that it needs installed", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { packages } = planGraph(plan, () => costs(1));
      const graph = new DependencyGraph({ packages });
      const indexes = packages.map((p) => plan.packages.findIndex((q) => q.cpv === p.cpv));
      const available = new Set(plan.packages.flatMap((p, index) => (p.needed === null ? [index] : [])));
      const toBuild = new Set(packages.flatMap((p, position) => (p.present ? [] : [position])));
      while (toBuild.size > 0) {
        const ready = [...toBuild].filter((position) => graph.isReady(position));
        expect(ready).not.toEqual([]);
        for (const position of ready) {
          const closure = dependencyClosure(plan, indexes[position] ?? -1);
          expect(closure.filter((index) => !available.has(index))).toEqual([]);
        }
        for (const position of ready) {
          toBuild.delete(position);
          graph.receive(position);
          available.add(indexes[position] ?? -1);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test("a closure has every build-time need that comes before the package", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      plan.packages.forEach((p, index) => {
        const closure = dependencyClosure(plan, index);
        for (const [to, kinds] of p.edges) if (kinds & BUILD) expect(closure).toContain(to);
        expect(closure).not.toContain(index);
      });
    }),
  );
});
