import type { Neighbour, PackageAnswer } from "../../model/answers.ts";
import type { PackageState, PackageView } from "../../model/run.ts";
import { onePackage } from "../../operations/packages.ts";
import { buildPackageId, type WhyAnswer, whyQuery } from "../../workflows/messages.ts";
import { HttpError } from "../errors.ts";
import type { Services } from "../services.ts";
import { graphOf } from "./graphs.ts";
import type { FoundRun } from "./runs.ts";
import { whyNow } from "./whys.ts";

/** By place in the plan, name, state (what needs somebody first), when it was last begun, or how long that took. */
export const SORTS = ["plan", "name", "state", "started", "duration"] as const;

export interface Selection {
  state?: PackageState | undefined;
  q?: string | undefined;
  sort: (typeof SORTS)[number];
  limit: number;
  offset: number;
}

const STATE_ORDER: readonly PackageState[] = ["failed", "delegated", "needed", "skipped", "received"];

/** Part of a run's packages, and how many there are in all of those that match. */
export function selectPackages(
  packages: readonly PackageView[],
  { state, q, sort, limit, offset }: Selection,
): { total: number; packages: PackageView[] } {
  const part = q?.toLowerCase();
  const found = packages.filter(
    (each) =>
      (state === undefined || each.state === state) && (part === undefined || each.cpv.toLowerCase().includes(part)),
  );
  const order = orders[sort];
  if (order) found.sort(order);
  return { total: found.length, packages: found.slice(offset, offset + limit) };
}

const byName = (a: PackageView, b: PackageView): number => (a.cpv < b.cpv ? -1 : 1);
const orders: Record<(typeof SORTS)[number], ((a: PackageView, b: PackageView) => number) | null> = {
  plan: null,
  name: byName,
  state: (a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) || byName(a, b),
  started: (a, b) => startOf(b) - startOf(a) || byName(a, b),
  duration: (a, b) => lengthOf(b) - lengthOf(a) || byName(a, b),
};

function startOf({ attempts }: PackageView): number {
  return attempts.at(-1)?.startedAt ?? 0;
}

function lengthOf({ attempts }: PackageView): number {
  const last = attempts.at(-1);
  return last ? (last.endedAt ?? Date.now()) - last.startedAt : -1;
}

/** One package with all that is known of it. */
export async function packageDetails(services: Services, run: FoundRun, cpv: string): Promise<PackageAnswer> {
  const { view } = run;
  const packages = await run.packages();
  const found = packages.find((each) => each.cpv === cpv);
  if (!found) {
    const hint = `GET /api/v1/runs/${view.target}/packages lists what it builds.`;
    throw new HttpError(404, `${cpv} is not among the packages of ${view.run}`, hint);
  }
  const [why, graph] = await Promise.all([
    whyOne(services, run, cpv).catch(() => null),
    // Without the binhost, or its plan, a package is shown without its neighbours.
    graphOf(services, view).catch(() => null),
  ]);
  const [needs, neededBy] = [graph?.needsOf(cpv) ?? [], graph?.neededBy(cpv) ?? []];
  const near = new Set([...needs, ...neededBy]);
  const states = new Map(packages.flatMap((each) => (near.has(each.cpv) ? [[each.cpv, each.state]] : [])));
  const named = (names: readonly string[]) =>
    names.map((name): Neighbour => ({ cpv: name, state: states.get(name) ?? "present" }));
  const webUi = services.webUi();
  return {
    ...found,
    why: why ?? "no orchestrator answers",
    needs: named(needs),
    neededBy: named(neededBy),
    estimateSeconds: graph?.secondsAt(graph.positions.get(cpv) ?? -1, view.drones) ?? null,
    workflows: found.attempts.map(({ attempt }) => ({
      attempt,
      url: webUi && `${webUi}/workflows/${encodeURIComponent(buildPackageId(view.run, cpv, attempt))}`,
    })),
  };
}

async function whyOne(services: Services, run: FoundRun, cpv: string): Promise<string | null> {
  const ask = (names: string[]): Promise<WhyAnswer[]> => run.ask(whyQuery, names);
  if (run.executionId === null) return await whyNow(services, run.view.target, cpv, ask);
  return (await ask([cpv]))[0]?.why ?? null;
}

/** Why a package is where it is. */
export async function whyOf(run: FoundRun, name: string) {
  const found = onePackage(await run.packages(), name, `the run of ${run.view.target}`);
  const [answer] = await run.ask(whyQuery, [found.cpv]);
  return { ...found, why: answer?.why ?? null };
}
