import type { GraphAnswer, GraphNode } from "../../../model/answers.ts";

/** Packages that are equally far from the chosen one. */
export interface Column {
  /** Negative: what it needs; 0: itself; positive: what needs it. */
  level: number;
  nodes: GraphNode[];
  /** How many more there are. */
  hidden: number;
}

export interface Layout {
  /** From what is needed first to what is built last. */
  columns: Column[];
  /** Lines between packages that are shown, from the left to the right. */
  lines: { from: string; to: string }[];
}

/** What is most worth to be seen, first. */
const WORTH = ["failed", "delegated", "needed", "skipped", "received", "present"] as const;

/** Puts the packages around a chosen one into columns by their distance, at most so many in each. */
export function layOut({ nodes, edges }: GraphAnswer, around: string, most: number): Layout {
  const byCpv = new Map(nodes.map((node) => [node.cpv, node]));
  const needs = Map.groupBy(edges, ([from]) => from);
  const neededBy = Map.groupBy(edges, ([, to]) => to);
  const levels = new Map<string, number>([[around, 0]]);
  spread(levels, around, -1, (cpv) => (needs.get(cpv) ?? []).map(([, to]) => to));
  spread(levels, around, 1, (cpv) => (neededBy.get(cpv) ?? []).map(([from]) => from));
  const columns = [...Map.groupBy(levels, ([, level]) => level)]
    .sort(([a], [b]) => a - b)
    .map(([level, members]): Column => {
      const own = members.flatMap(([cpv]) => byCpv.get(cpv) ?? []).sort(byWorth);
      return { level, nodes: own.slice(0, most), hidden: Math.max(0, own.length - most) };
    });
  const shown = new Set(columns.flatMap((column) => column.nodes.map(({ cpv }) => cpv)));
  const lines = edges.flatMap(([from, to]) => {
    const isAcross = (levels.get(to) ?? 0) < (levels.get(from) ?? 0);
    return isAcross && shown.has(from) && shown.has(to) ? [{ from: to, to: from }] : [];
  });
  return { columns, lines };
}

function spread(levels: Map<string, number>, start: string, by: number, next: (cpv: string) => string[]): void {
  let border = [start];
  for (let level = by; border.length > 0; level += by) {
    const reached: string[] = [];
    for (const cpv of border.flatMap(next)) {
      if (levels.has(cpv)) continue;
      levels.set(cpv, level);
      reached.push(cpv);
    }
    border = reached;
  }
}

function byWorth(a: GraphNode, b: GraphNode): number {
  return WORTH.indexOf(a.state) - WORTH.indexOf(b.state) || (a.cpv < b.cpv ? -1 : 1);
}
