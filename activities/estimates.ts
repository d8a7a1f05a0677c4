import { messageOf } from "../model/errors.ts";
import type { Estimate } from "../model/estimate.ts";
import type { BuildSample } from "../model/history.ts";
import type { Plan, PlanGraph, PlanPackage } from "../model/plan.ts";
import { planGraph } from "../portage/plan.ts";
import { parsePlan } from "../portage/planFile.ts";
import { estimate, packageName } from "../scheduler/estimate.ts";
import type { BinhostClient } from "../store/client.ts";

export interface PlanEstimates {
  of: (p: PlanPackage) => Estimate;
  /** For people: why the build history could not be asked; null where it was. */
  notice: string | null;
}

/** The graph of a plan that the binhost keeps, with what its packages are expected to cost now. */
export async function readPlanGraph(binhost: BinhostClient, sha256: string): Promise<PlanGraph> {
  const plan = await parsePlan(await binhost.getBlob(sha256));
  return planGraph(plan, (await estimatesOf(binhost, plan)).of);
}

/** What the packages of a plan are expected to cost, by the binhost's build history and by tables for what is not in it. */
export async function estimatesOf(binhost: BinhostClient, plan: Plan): Promise<PlanEstimates> {
  const names = new Set(plan.packages.filter((p) => p.needed !== null).map((p) => packageName(p.cpv)));
  const estimateBy =
    (samples: Map<string, BuildSample[]>) =>
    (p: PlanPackage): Estimate =>
      estimate({ ...p, target: plan.target }, samples.get(packageName(p.cpv)));
  try {
    const samples = await binhost.history.samples([...names]);
    return { of: estimateBy(Map.groupBy(samples, ({ cpv }) => packageName(cpv))), notice: null };
  } catch (error) {
    const notice = `times are estimated without the build history, by known packages and sizes: ${messageOf(error)}`;
    return { of: estimateBy(new Map()), notice };
  }
}
