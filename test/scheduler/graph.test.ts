import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GraphPackage, PlanGraph } from "../../model/plan.ts";
import { DependencyGraph } from "../../scheduler/graph.ts";

const pkg = (cpv: string, build: number[] = [], run: number[] = [], present = false): GraphPackage => ({
  cpv,
  estimate: 10,
  build,
  run,
  ...(present ? { present } : {}),
});

/** Any graph whose build-time needs come earlier in merge order; run-time needs may point anywhere, cycles included. */
const anyGraph: fc.Arbitrary<PlanGraph> = fc.integer({ min: 1, max: 30 }).chain((size) =>
  fc
    .tuple(
      ...Array.from({ length: size }, (_, i) =>
        fc.record({
          build: fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, i - 1) }), { maxLength: i === 0 ? 0 : 3 }),
          run: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: 3 }),
          present: fc.boolean(),
        }),
      ),
    )
    .map((nodes) => ({ packages: nodes.map((n, i) => pkg(`a/p${i}-1`, n.build, n.run, n.present)) })),
);

describe("what may start", () => {
  test("a package waits for its build-time need and for what that needs at run time", () => {
    // 2 is built with 1, and 1 needs 0 at run time.
    const graph = new DependencyGraph({ packages: [pkg("a/zero-1"), pkg("a/one-1", [], [0]), pkg("a/two-1", [1])] });
    expect(graph.isReady(0)).toBe(true);
    expect(graph.isReady(1)).toBe(true);
    expect(graph.receive(1)).toEqual([]);
    expect(graph.waitsFor(2)).toEqual([0]);
    expect(graph.receive(0)).toEqual([2]);
  });

  test("a present package is passed through to what it needs at run time", () => {
    const graph = new DependencyGraph({
      packages: [pkg("a/lib-2"), pkg("a/tool-1", [], [0], true), pkg("a/app-1", [1])],
    });
    expect(graph.isReady(2)).toBe(false);
    expect(graph.receive(0)).toEqual([2]);
  });

  test("a run-time cycle does not hold up what is built with it for ever", () => {
    const graph = new DependencyGraph({ packages: [pkg("a/x-1", [], [1]), pkg("a/y-1", [], [0]), pkg("a/z-1", [0])] });
    expect(graph.receive(0)).toEqual([]);
    expect(graph.receive(1)).toEqual([2]);
  });

  test("a build-time need that needs the package itself at run time: merge order decides", () => {
    // 1 is built with 0; 0 needs 1 at run time; 2 is built with 0 and must have both.
    const graph = new DependencyGraph({ packages: [pkg("a/x-1", [], [1]), pkg("a/y-1", [0]), pkg("a/z-1", [0])] });
    expect(graph.isReady(0)).toBe(true);
    expect(graph.receive(0)).toEqual([1]);
    expect(graph.isReady(2)).toBe(false);
    expect(graph.receive(1)).toEqual([2]);
  });

  test("a chain of 20,000 packages neither overflows the stack nor takes long", () => {
    const packages = Array.from({ length: 20_000 }, (_, i) => pkg(`a/p${i}-1`, i === 0 ? [] : [i - 1]));
    const graph = new DependencyGraph({ packages });
    expect(graph.remaining(() => 10)[0]).toBe(200_000);
  });
});

test("property: always progress, and never a package before what it is built with", () => {
  fc.assert(
    fc.property(anyGraph, fc.infiniteStream(fc.nat()), (graph, choices) => {
      const deps = new DependencyGraph(graph);
      const received = new Set(graph.packages.flatMap((p, i) => (p.present ? [i] : [])));
      const total = graph.packages.length;
      while (received.size < total) {
        const ready = graph.packages.flatMap((_, i) => (!received.has(i) && deps.isReady(i) ? [i] : []));
        expect(ready.length).toBeGreaterThan(0);
        const next = ready[(choices.next().value as number) % ready.length] ?? 0;
        for (const need of graph.packages[next]?.build ?? []) expect(received.has(need)).toBe(true);
        deps.receive(next);
        received.add(next);
      }
    }),
    { numRuns: 500 },
  );
});

test("dependents are everything that needs a package at build time or run time, directly or not", () => {
  const graph = new DependencyGraph({
    packages: [pkg("a/p0-1"), pkg("a/p1-1", [0]), pkg("a/p2-1", [], [1]), pkg("a/p3-1"), pkg("a/p4-1", [2])],
  });
  expect(graph.dependents(0).sort()).toEqual([1, 2, 4]);
});
