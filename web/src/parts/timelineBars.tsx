import type { Bar } from "../../../model/timeline.ts";
import { clock } from "../../../model/words.ts";
import type { Lane } from "../lib/lanes.ts";
import { type Span, ticks } from "../lib/zoom.ts";

/** The picture's own measures. pixels */
export const ROW = 18;
export const GAP = 10;
export const AXIS = 26;
export const LABEL = 92;
/** No bar is drawn thinner. pixels */
const THINNEST = 2;
/** Bars that are thinner are drawn together with those beside them that look alike: nobody could tell them apart. pixels */
const APART = 5;

interface Place {
  x(time: number): number;
  width: number;
  span: Span;
}

/** Times, and lines down from them. */
export function Axis({ span, x, width, height }: Place & { height: number }) {
  const { step, times } = ticks(span, Math.max(2, (width - LABEL) / 90));
  return (
    <g class="axis">
      {times.map((time) => (
        <g key={time}>
          <line x1={x(time)} x2={x(time)} y1={AXIS - 6} y2={height} />
          <text x={x(time)} y={14} text-anchor="middle">
            {step < 60_000 ? clock(time) : clock(time).slice(0, 5)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** The drones, each with its builds. */
export function Lanes({ lanes, span, x, width, at }: Place & { lanes: readonly Lane[]; at: Bar | null }) {
  let y = AXIS;
  return (
    <>
      {lanes.map((lane) => {
        const top = y;
        y += lane.rows * ROW + GAP;
        return (
          <g key={lane.drone}>
            <rect class="lane" x={LABEL} y={top} width={Math.max(0, width - LABEL)} height={lane.rows * ROW} />
            <text
              class="lane-name"
              x={LABEL - 8}
              y={top + Math.min(lane.rows * ROW, 2 * ROW) / 2 + 4}
              text-anchor="end"
            >
              {lane.drone.length > 12 ? `${lane.drone.slice(0, 11)}…` : lane.drone}
            </text>
            <Bars lane={lane} top={top} span={span} x={x} width={width} at={at} />
          </g>
        );
      })}
    </>
  );
}

/** One rectangle: a bar, or thin ones beside each other. */
interface Shape {
  bar: Bar;
  row: number;
  look: string;
  left: number;
  right: number;
  isThin: boolean;
}

function toShapes({ lane, span, x, width, at }: Place & { lane: Lane; at: Bar | null }): Shape[] {
  const shapes: Shape[] = [];
  const last: Shape[] = [];
  for (const { bar, row } of lane.bars) {
    const end = bar.end ?? span.to;
    if (end < span.from || bar.start > span.to) continue;
    const left = Math.max(LABEL, x(bar.start));
    const right = Math.min(width, Math.max(x(end), left + THINNEST));
    const look = `bar ${bar.result}${bar.critical ? " critical" : ""}${bar === at ? " at" : ""}`;
    const isThin = right - left < APART && bar !== at;
    const before = last[row];
    if (isThin && before?.isThin && before.look === look && left - before.right < THINNEST) {
      before.right = Math.max(before.right, right);
      continue;
    }
    const shape = { bar, row, look, left, right, isThin };
    last[row] = shape;
    shapes.push(shape);
  }
  return shapes;
}

function Bars({ top, ...rest }: Place & { lane: Lane; top: number; at: Bar | null }) {
  return (
    <>
      {toShapes(rest).map(({ bar, row, look, left, right }) => {
        const room = Math.floor((right - left - 10) / 6.6);
        const name = bar.cpv.slice(bar.cpv.indexOf("/") + 1);
        return (
          <g key={`${bar.cpv} ${bar.attempt}`}>
            <rect
              class={look}
              x={left}
              y={top + row * ROW + 1}
              width={Math.max(THINNEST, right - left - 1)}
              height={ROW - 3}
              rx={Math.min(3, (right - left) / 3)}
            />
            {room >= 5 && (
              <text class={`bar-name ${bar.result}`} x={left + 5} y={top + row * ROW + 13}>
                {name.length > room ? `${name.slice(0, room - 1)}…` : name}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}
