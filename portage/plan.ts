import { type Estimate, toGraph } from "../model/estimate.ts";
import { EDGE, type GraphPackage, type Plan, type PlanGraph, type PlanPackage } from "../model/plan.ts";

/**
 * What must be installed before a package is built. A run-time need with a slot operator is one of them, although nothing
 * of it is used: Portage records the sub-slot that it finds installed.
 */
const TO_BUILD = EDGE.BUILD | EDGE.BUILD_SLOT_OP | EDGE.RUN_SLOT_OP;
/** What must be installed with a package for it to work. PDEPEND comes later and orders nothing. */
const TO_RUN = EDGE.RUN | EDGE.RUN_SLOT_OP;

function needs(plan: Plan, index: number, kinds: number): number[] {
  const found: number[] = [];
  for (const [to, bits] of plan.packages[index]?.edges ?? []) if ((bits & kinds) !== 0 && to !== index) found.push(to);
  return found;
}

const isPresent = (plan: Plan, index: number): boolean => plan.packages[index]?.needed === null;

/** Everything reached from `start` (itself included) over `next`. */
function reach(start: Iterable<number>, next: (index: number) => readonly number[]): Set<number> {
  const seen = new Set(start);
  // A Set's iteration goes on into what is added meanwhile.
  for (const index of seen) for (const other of next(index)) seen.add(other);
  return seen;
}

/** For each package, those that need it by `kindsOf`. */
function reversed(plan: Plan, kindsOf: (index: number) => number): number[][] {
  const result: number[][] = plan.packages.map(() => []);
  for (const index of plan.packages.keys()) {
    for (const to of needs(plan, index, kindsOf(index))) result[to]?.push(index);
  }
  return result;
}

/**
 * The graph that the scheduler works on: the packages to build, and those present ones over which a package to build
 * needs another at run time. In merge order, like the plan.
 * @param estimate what a package to build is expected to cost
 */
export function planGraph(plan: Plan, estimate: (p: PlanPackage) => Estimate): PlanGraph {
  const toBuild = [...plan.packages.keys()].filter((index) => !isPresent(plan, index));
  // What is present is never built, so only what it needs at run time matters: it must be complete to be installed.
  const users = reversed(plan, () => TO_RUN);
  const leads = reach(toBuild, (index) => (users[index] ?? []).filter((user) => isPresent(plan, user)));
  const used = reach(toBuild, (index) =>
    needs(plan, index, isPresent(plan, index) ? TO_RUN : TO_BUILD | TO_RUN).filter((need) => leads.has(need)),
  );

  const members = [...used].sort((a, b) => a - b);
  const positions = new Map(members.map((index, position) => [index, position]));
  const place = (indexes: readonly number[]): number[] =>
    indexes.flatMap((index) => positions.get(index) ?? []).sort((a, b) => a - b);

  return {
    packages: plan.packages.flatMap((p, index): GraphPackage[] => {
      if (!positions.has(index)) return [];
      const run = place(needs(plan, index, TO_RUN));
      if (p.needed === null) return [{ cpv: p.cpv, estimate: 0, build: [], run, present: true }];
      return [
        { cpv: p.cpv, ...toGraph(estimate(p)), build: place(needs(plan, index, TO_BUILD)), run, reason: p.needed.text },
      ];
    }),
  };
}

/**
 * Positions, in merge order, of what must be installed to build `plan.packages[index]`: its build-time needs, the
 * run-time needs whose sub-slot it records, and all that those need at run time. Without the package itself.
 *
 * A build-time need may itself need the package at run time. Nothing can have both; Portage's merge order decides, and of
 * such a need only what comes before the package is installed. The scheduler waits by the same rule.
 */
export function dependencyClosure(plan: Plan, index: number): number[] {
  const users = reversed(plan, (user) => (isPresent(plan, user) ? TO_RUN : TO_BUILD | TO_RUN));
  const dependents = reach([index], (other) => users[other] ?? []);
  const run = (other: number): number[] => needs(plan, other, TO_RUN);

  const direct = needs(plan, index, TO_BUILD);
  const closure = reach(
    direct.filter((need) => !dependents.has(need)),
    run,
  );
  const inCycle = reach(
    direct.filter((need) => dependents.has(need)),
    run,
  );
  for (const member of inCycle) if (member < index) closure.add(member);
  closure.delete(index);
  return [...closure].sort((a, b) => a - b);
}
