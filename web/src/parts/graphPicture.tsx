import { useMemo, useState } from "preact/hooks";
import type { GraphAnswer, GraphNode } from "../../../model/answers.ts";
import { duration } from "../../../model/words.ts";
import { type Column, layOut } from "../lib/graphLayout.ts";
import { packages } from "../state/live.ts";
import { href } from "../state/router.ts";
import { StateChip } from "./common.tsx";
import { splitName } from "./words.ts";

/** As the style sheet has them. CSS pixels */
const WIDTH = 224;
const BETWEEN = 72;
const ROW = 52;
const HEAD = 34;
/** In a column, at first and with each wish for more. */
const MOST = 16;
/** Short columns stand in the middle of so much, where all of it is seen at once. CSS pixels */
const MIDDLE = 560;

interface Props {
  graph: GraphAnswer;
  around: string;
  depth: number;
}

/** The packages around a chosen one: what it needs on the left, what needs it on the right. */
export function GraphPicture({ graph, around, depth }: Props) {
  const [most, setMost] = useState(MOST);
  const { columns, lines } = useMemo(() => layOut(graph, around, most), [graph, around, most]);
  const critical = useMemo(() => new Set(graph.critical), [graph]);
  const tallest = Math.max(...columns.map(lengthOf));
  const places = new Map<string, { x: number; y: number }>();
  columns.forEach((column, i) => {
    const top = topOf(column, tallest);
    column.nodes.forEach(({ cpv }, row) => {
      places.set(cpv, { x: i * (WIDTH + BETWEEN), y: top + HEAD + row * ROW + (ROW - 8) / 2 });
    });
  });
  const width = columns.length * (WIDTH + BETWEEN) - BETWEEN;
  const height = tallest + HEAD;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll graph-box" aria-label={`Packages around ${around}`} tabIndex={0}>
      <div class="graph" style={{ "--w": `${width}px`, "--h": `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {lines.map(({ from, to }) => {
            const a = places.get(from);
            const b = places.get(to);
            if (!a || !b) return null;
            const x = a.x + WIDTH;
            const half = Math.max(24, (b.x - x) / 2);
            const isCritical = critical.has(from) && critical.has(to);
            return (
              <path
                key={`${from} ${to}`}
                class={`${isCritical ? "critical" : ""} ${from === around || to === around ? "near" : ""}`}
                d={`M${x} ${a.y} C${x + half} ${a.y} ${b.x - half} ${b.y} ${b.x} ${b.y}`}
              />
            );
          })}
        </svg>
        {columns.map((column, i) => (
          <section
            key={column.level}
            class={`column ${column.level === 0 ? "chosen" : ""}`}
            style={{ "--x": `${i * (WIDTH + BETWEEN)}px`, "--y": `${topOf(column, tallest)}px` }}
          >
            <h2>{titleOf(column)}</h2>
            <ul>
              {column.nodes.map((node) => (
                <li key={node.cpv}>
                  <Node node={node} isChosen={node.cpv === around} isCritical={critical.has(node.cpv)} depth={depth} />
                </li>
              ))}
            </ul>
            {column.hidden > 0 && (
              <button type="button" class="quiet" onClick={() => setMost(most + 4 * MOST)}>
                Show {Math.min(column.hidden, 4 * MOST)} more of {column.hidden}
              </button>
            )}
          </section>
        ))}
      </div>
    </section>
  );
}

function Node({
  node,
  isChosen,
  isCritical,
  depth,
}: {
  node: GraphNode;
  isChosen: boolean;
  isCritical: boolean;
  depth: number;
}) {
  const { category, rest } = splitName(node.cpv);
  // What has become of it since the graph was asked for.
  const state = packages.value.get(node.cpv)?.state ?? node.state;
  return (
    <a
      class={`node ${state} ${isCritical ? "critical" : ""}`}
      href={
        isChosen ? href("package", node.cpv.split("/")) : href("graph", [], { around: node.cpv, depth: String(depth) })
      }
      aria-current={isChosen ? "true" : undefined}
      title={`${node.cpv}${node.estimateSeconds === null ? "" : `, about ${duration(node.estimateSeconds * 1000)}`}`}
    >
      <span class="name">{rest}</span>
      <span class="below">
        <span class="category">{category}</span>
        <StateChip state={state} />
      </span>
    </a>
  );
}

function lengthOf({ nodes, hidden }: Column): number {
  return nodes.length * ROW + (hidden > 0 ? 36 : 0);
}

function topOf(column: Column, tallest: number): number {
  return Math.max(0, (Math.min(tallest, MIDDLE) - lengthOf(column)) / 2);
}

function titleOf({ level, nodes, hidden }: Column): string {
  const all = nodes.length + hidden;
  if (level === 0) return "Chosen";
  const steps = Math.abs(level) === 1 ? "" : `, ${Math.abs(level)} steps away`;
  return level < 0 ? `Needs ${all}${steps}` : `Needed by ${all}${steps}`;
}
