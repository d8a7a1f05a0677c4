import { describe, expect, test } from "vitest";
import { RunState } from "../../../workflows/states/run.ts";
import { attempt, droneView, NOW, startedRun } from "../../support/runState.ts";

describe("prioritize", () => {
  /** A long chain, and beside it a leaf with a build-time and a run-time need; one drone that builds one at a time. */
  function oneByOne(): RunState {
    const view = droneView("ceti");
    const run = startedRun([{ ...view, facts: { ...view.facts, slots: 1 } }]);
    const graph = {
      packages: [
        { cpv: "a/long-1", estimate: 900, build: [], run: [] },
        { cpv: "a/longer-1", estimate: 900, build: [0], run: [] },
        { cpv: "a/tool-1", estimate: 5, build: [], run: [] },
        { cpv: "a/data-1", estimate: 1, build: [], run: [] },
        { cpv: "a/leaf-1", estimate: 10, build: [2], run: [3] },
      ],
    };
    run.setPlan({ plan: "f".repeat(64), graph, planIndex: [0, 1, 2, 3, 4], unresolvable: [], notices: [], present: 0 });
    return run;
  }

  /** Builds everything that is left, in the order in which it is started. */
  function buildAll(run: RunState): string[] {
    const order: string[] = [];
    for (;;) {
      const [delegation] = run.start(NOW).delegations;
      if (!delegation) return order;
      order.push(delegation.cpv);
      attempt(run, delegation.cpv, "ok");
    }
  }

  test("without it the longest path goes first; with it the package, what it is built with and what it needs to run", () => {
    expect(buildAll(oneByOne()).slice(0, 2)).toEqual(["a/long-1", "a/longer-1"]);
    const run = oneByOne();
    expect(run.prioritize(["a/leaf-1"], "ann", NOW)).toEqual(["a/leaf-1"]);
    expect(run.view(NOW).prioritized).toEqual(["a/leaf-1"]);
    expect(run.view(NOW).events.at(-1)?.text).toBe("ann put first a/leaf-1");
    expect(buildAll(run)).toEqual(["a/tool-1", "a/leaf-1", "a/data-1", "a/long-1", "a/longer-1"]);
    expect(run.view(NOW)).not.toHaveProperty("prioritized");
  });

  test("each list replaces the one before, in flight; none ends it", () => {
    const run = oneByOne();
    run.prioritize(["a/leaf-1"], "ann", NOW);
    expect(run.start(NOW).delegations[0]?.cpv).toBe("a/tool-1");
    run.prioritize(["a/data-1"], "ann", NOW);
    attempt(run, "a/tool-1", "ok");
    expect(run.start(NOW).delegations[0]?.cpv).toBe("a/data-1");
    run.prioritize([], "ann", NOW);
    expect(run.view(NOW)).not.toHaveProperty("prioritized");
    attempt(run, "a/data-1", "ok");
    expect(buildAll(run)).toEqual(["a/long-1", "a/longer-1", "a/leaf-1"]);
  });

  test("it goes on in the next run of the workflow", () => {
    const run = oneByOne();
    run.prioritize(["a/leaf-1"], "ann", NOW);
    const again = new RunState(JSON.parse(JSON.stringify(run.save(NOW))));
    expect(again.view(NOW).prioritized).toEqual(["a/leaf-1"]);
    expect(buildAll(again).slice(0, 3)).toEqual(["a/tool-1", "a/leaf-1", "a/data-1"]);
  });

  test("what the run does not build cannot be put first", () => {
    expect(oneByOne().prioritizeRefusal(["a/leaf-1", "a/leaf-2"])).toBe(
      "not among the packages that the run builds: a/leaf-2",
    );
  });
});
