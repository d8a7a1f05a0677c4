import { expect, test } from "vitest";
import { plain } from "../../../cli/paint.ts";
import { dryRun, dryRunScreen } from "../../../cli/screens/dryRun.ts";
import { runView } from "../views.ts";

const graph = {
  packages: [
    { cpv: "dev-libs/base-1", estimate: 60, build: [], run: [], reason: "new" },
    { cpv: "dev-libs/there-1", estimate: 60, build: [], run: [], present: true },
    { cpv: "dev-libs/mid-1", estimate: 30, build: [0, 1], run: [], reason: "built against dev-libs/base:0/1, now 0/2" },
    { cpv: "app-misc/other-1", estimate: 10, build: [1], run: [], reason: "USE changed: +fancy" },
    { cpv: "app-misc/top-1", estimate: 10, build: [2], run: [3], reason: "new" },
  ],
};

test("the plan by waves, each package with its estimate and reason; what is present is not in it", () => {
  const plan = dryRun(runView(), graph);
  expect(plan.waves.map((wave) => wave.map(({ cpv }) => cpv))).toEqual([
    ["dev-libs/base-1", "app-misc/other-1"],
    ["dev-libs/mid-1"],
    ["app-misc/top-1"],
  ]);
  expect(plan.waves[1]?.[0]?.needs).toEqual(["dev-libs/base-1"]);
  expect(plan.work).toBe(110);
  const lines = dryRunScreen(plan, plain);
  expect(lines).toContain("  dev-libs/mid-1       30s  built against dev-libs/base:0/1, now 0/2");
  expect(lines).toContain("4 packages in 3 waves, about 1m 50s of one core's work");
});

test("nothing to build", () => {
  expect(dryRunScreen(dryRun(runView(), { packages: [] }), plain).at(-1)).toMatch(/^Nothing has to be built/);
});
