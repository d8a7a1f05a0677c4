import type { ResolveResult } from "../../model/activities.ts";
import type { GraphPackage, PlanGraph, Unresolvable } from "../../model/plan.ts";

/** A package of a made-up plan. */
export function pkg(cpv: string, build: number[] = [], run: number[] = []): GraphPackage {
  return { cpv, estimate: 10, build, run, reason: "new" };
}

/** `length` packages, each built with the one before. */
export function chain(length: number): PlanGraph {
  return { packages: Array.from({ length }, (_, i) => pkg(`chain/link${i}-1`, i === 0 ? [] : [i - 1])) };
}

/** `size` packages that need nothing. */
export function wide(size: number): PlanGraph {
  return { packages: Array.from({ length: size }, (_, i) => pkg(`wide/part${i}-1`)) };
}

/** What a drone's resolver would answer with that graph. */
export function resolved(graph: PlanGraph, unresolvable: Unresolvable[] = []): ResolveResult {
  return {
    plan: "b".repeat(64),
    graph,
    planIndex: graph.packages.map((_, i) => i),
    unresolvable,
    notices: [],
    present: graph.packages.filter((p) => p.present).length,
  };
}
