import { readGraph } from "../../cli/simulate/graphFile.ts";
import { toGraph } from "../../model/estimate.ts";
import type { PlanGraph } from "../../model/plan.ts";

const MIB = 2 ** 20;
/** What the graphs say nothing of: the usual of the shipped estimates. */
const USUAL = { memoryBytes: 300 * MIB, memoryPerJobBytes: 350 * MIB, sigma: 0.7, source: "size" } as const;

/**
 * The first `count` packages, in merge order, of the official tree of 2014. What they need comes before them, so that
 * every such part is closed.
 */
export async function treeGraph(count: number): Promise<PlanGraph> {
  const { packages } = await readGraph("tree2014", process.cwd());
  return {
    packages: packages.slice(0, count).map(({ cpv, work, needs }) => ({
      ...{ cpv, ...toGraph({ ...USUAL, ...work }), build: [...needs], run: [], reason: "new" },
    })),
  };
}
