import { describe, expect, test } from "vitest";
import { RunGraph } from "../../gateway/views/graphs.ts";
import { selectPackages } from "../../gateway/views/packages.ts";
import { pictureOf } from "../../gateway/views/picture.ts";
import { previewOf } from "../../gateway/views/preview.ts";
import { criticalPath, timelineOf } from "../../gateway/views/timeline.ts";
import type { Verification } from "../../model/finalize.ts";
import type { AttemptView, PackageState, PackageView, RunView } from "../../model/run.ts";
import type { Snapshot } from "../../model/snapshot.ts";

const T = 1_000_000_000_000;

/** a -> b -> d, a -> c -> d (the second needs the first); e alone. b takes longer than c. */
const graph = new RunGraph({
  packages: [
    { cpv: "x/a-1", estimate: 10, build: [], run: [] },
    { cpv: "x/b-1", estimate: 100, build: [0], run: [] },
    { cpv: "x/c-1", estimate: 20, build: [], run: [0] },
    { cpv: "x/d-1", estimate: 10, build: [1, 2], run: [] },
    { cpv: "x/e-1", estimate: 5, build: [], run: [] },
  ],
});

function view(name: string, state: PackageState, attempts: Partial<AttemptView>[] = []): PackageView {
  const filled = attempts.map((attempt, i) => ({ attempt: i + 1, drone: "izar", jobs: 1, startedAt: T, ...attempt }));
  return { cpv: `x/${name}-1`, state, reason: "new", attempts: filled };
}

const run = {
  run: "desktop-1",
  startedAt: T,
  endedAt: null,
  drones: [{ name: "izar", cores: 4 }],
} as unknown as RunView;
const at = (from: number, to: number): Partial<AttemptView> => ({ startedAt: T + from * 1000, endedAt: T + to * 1000 });

describe("the critical path", () => {
  test("of what is still to build: the longest that waits", () => {
    const waiting = ["a", "b", "c", "d", "e"].map((name) => view(name, "needed"));
    expect(criticalPath(run, waiting, graph)).toEqual(["x/a-1", "x/b-1", "x/d-1"]);
  });

  test("of what was built: the builds that each waited for the one before; gaps of some seconds do not cut it", () => {
    const packages = [
      view("a", "received", [at(0, 10)]),
      view("b", "received", [at(12, 110)]),
      view("c", "received", [{ ...at(12, 30), drone: "tarn" }]),
      view("d", "received", [at(113, 120)]),
      view("e", "received", [{ ...at(40, 45), drone: "tarn" }]),
    ];
    expect(criticalPath(run, packages, graph)).toEqual(["x/a-1", "x/b-1", "x/d-1"]);
  });

  test("in between: what was built of it, then what waits", () => {
    const packages = [
      view("a", "received", [at(0, 10)]),
      view("b", "delegated", [{ startedAt: T + 12_000 }]),
      view("c", "received", [{ ...at(12, 30), drone: "tarn" }]),
      view("d", "needed"),
      view("e", "needed"),
    ];
    expect(criticalPath(run, packages, graph)).toEqual(["x/a-1", "x/b-1", "x/d-1"]);
  });
});

test("a timeline has a bar for each attempt, by what became of it", () => {
  const failure = { class: "package" as const, message: "no" };
  const packages = [
    view("a", "received", [
      { ...at(0, 5), failure },
      { ...at(6, 9), drone: "tarn" },
    ]),
    view("b", "delegated", [
      { ...at(10, 12), supersededBy: 2 },
      { startedAt: T + 12_000, drone: "tarn" },
    ]),
    view("c", "failed", [{ ...at(10, 20), failure }]),
  ];
  const { from, drones, bars } = timelineOf(run, packages, new Set(["x/a-1"]));
  expect([from, drones]).toEqual([T, ["izar", "tarn"]]);
  expect(bars.map(({ cpv, drone, end, result, critical }) => [cpv, drone, end === null, result, critical])).toEqual([
    ["x/a-1", "izar", false, "failed", false],
    ["x/a-1", "tarn", false, "received", true],
    ["x/b-1", "izar", false, "superseded", false],
    ["x/c-1", "izar", false, "failed", false],
    ["x/b-1", "tarn", true, "building", false],
  ]);
});

test("around a package: what it needs and what needs it, as far as asked, with what each needs of the others", () => {
  const packages = ["a", "b", "c", "d", "e"].map((name) => view(name, "needed"));
  const near = pictureOf(run, packages, graph).part({ around: "x/b-1", depth: 1 });
  expect(near.nodes.map(({ cpv }) => cpv).sort()).toEqual(["x/a-1", "x/b-1", "x/d-1"]);
  expect(near.edges.sort()).toEqual([
    ["x/b-1", "x/a-1"],
    ["x/d-1", "x/b-1"],
  ]);
  const far = pictureOf(run, packages, graph).part({ around: "x/d-1", depth: 2 });
  expect(far.nodes).toHaveLength(4);
  const critical = pictureOf(run, packages, graph).part({ depth: 1 });
  expect(critical.nodes.map(({ cpv }) => cpv)).toEqual(critical.critical);
  expect(() => pictureOf(run, packages, graph).part({ around: "x/z-1", depth: 1 })).toThrow(/not in the graph/);
});

test("17,000 packages: the critical path and the neighbours take well under a second", () => {
  const size = 17_000;
  const large = new RunGraph({
    packages: Array.from({ length: size }, (_, i) => ({
      cpv: `x/p${i}-1`,
      estimate: 10 + (i % 90),
      build: i === 0 ? [] : [Math.floor(i / 2), Math.max(0, i - 7)].filter((need) => need < i),
      run: [],
    })),
  });
  const packages = large.graph.packages.map(
    ({ cpv }, i): PackageView =>
      i < size / 2
        ? {
            cpv,
            state: "received",
            reason: "new",
            attempts: [
              { attempt: 1, drone: `d${i % 20}`, jobs: 1, startedAt: T + i * 100, endedAt: T + i * 100 + 5_000 },
            ],
          }
        : { cpv, state: "needed", reason: "new", attempts: [] },
  );
  const begun = process.cpuUsage();
  const { critical } = pictureOf(run, packages, large).part({ around: "x/p9000-1", depth: 3 });
  const { user } = process.cpuUsage(begun);
  expect(critical.length).toBeGreaterThan(100);
  expect(user / 1000).toBeLessThan(1_500);
});

test("a run is drawn once for all who look, until something of its packages or its drones is another", () => {
  const waiting = ["a", "b", "c", "d", "e"].map((name) => view(name, "needed"));
  const first = pictureOf(run, waiting, graph);
  // Each look has another view of the run.
  expect(pictureOf({ ...run, stepSince: 1 }, waiting, graph)).toBe(first);
  expect(first.part({ depth: 1 })).toBe(first.part({ depth: 1 }));
  const built = [view("a", "received", [at(0, 10)]), view("b", "failed"), ...waiting.slice(2)];
  const next = pictureOf(run, built, graph);
  expect(next.critical).toEqual(["x/a-1", "x/c-1", "x/d-1"]);
  const slower = { ...run, drones: run.drones.map((drone) => ({ ...drone, speed: 0.5 })) };
  const [one, other] = [next, pictureOf(slower, built, graph)].map((each) => each.part({ depth: 1 }).nodes.at(-1));
  expect(other).toEqual({ ...one, estimateSeconds: 20 });
});

test("packages are filtered, searched and sorted, and counted before they are cut", () => {
  const packages = [view("b", "received", [at(0, 5)]), view("a", "failed", [at(3, 4)]), view("ab", "needed")];
  const names = (selection: Partial<Parameters<typeof selectPackages>[1]>): string[] =>
    selectPackages(packages, { sort: "plan", limit: 10, offset: 0, ...selection }).packages.map(({ cpv }) => cpv);
  expect(names({})).toEqual(["x/b-1", "x/a-1", "x/ab-1"]);
  expect(names({ q: "A" })).toEqual(["x/a-1", "x/ab-1"]);
  expect(names({ state: "needed" })).toEqual(["x/ab-1"]);
  expect(names({ sort: "name" })).toEqual(["x/a-1", "x/ab-1", "x/b-1"]);
  expect(names({ sort: "state" })[0]).toBe("x/a-1");
  expect(names({ sort: "duration" })[0]).toBe("x/b-1");
  expect(selectPackages(packages, { sort: "plan", limit: 1, offset: 1 })).toMatchObject({
    total: 3,
    packages: [{ cpv: "x/a-1" }],
  });
});

test("what finalize would publish: new, changed and built anew against what clients have; and why it would be refused", () => {
  const facts: Verification = {
    ...{ run: "desktop-1", target: "desktop", step: "gate", bytes: 3, lost: [], open: [], skipped: [], unresolved: [] },
    publish: ["x/a-2", "x/b-1", "x/n-1"].map((cpv) => ({ cpv, size: 1 })),
    failed: [],
    risk: "none",
    words: ["Everything is built."],
  };
  const current = { packages: [{ cpv: "x/a-1" }, { cpv: "x/b-1" }] } as Snapshot;
  expect(previewOf(facts, current)).toMatchObject({
    added: ["x/n-1"],
    changed: ["a-1 → x/a-2", "x/b-1: built anew"],
    refusal: null,
  });
  expect(previewOf(facts, null).added).toHaveLength(3);
  expect(previewOf({ ...facts, step: "build" }, null).refusal).toContain("step build");
  expect(previewOf({ ...facts, failed: [{ cpv: "x/c-1", message: "no" }] }, null).refusal).toContain("acceptFailed");
});
