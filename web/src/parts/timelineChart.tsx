import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { clock, count, duration } from "../../../model/words.ts";
import { type Lane, toLanes } from "../lib/lanes.ts";
import { moved, type Span, ticks, zoomed } from "../lib/zoom.ts";
import { packageHref } from "../state/router.ts";
import type { Bar } from "../wire/answers.ts";
import { buildWorkflow } from "../wire/workflows.ts";
import { EngineLink } from "./common.tsx";
import { RESULT_WORDS } from "./words.ts";

interface Props {
  /** Its id. */
  run: string;
  bars: readonly Bar[];
  drones: readonly string[];
  whole: Span;
  /** ms: where what still runs ends. */
  now: number;
}

const ROW = 18;
const GAP = 10;
const AXIS = 26;
const LABEL = 92;
/** No bar is drawn thinner. pixels */
const THINNEST = 2;
/** Bars that are thinner are drawn together with those beside them that look alike: nobody could tell them apart. pixels */
const APART = 5;

/** Drones as lanes, builds as bars. */
export function TimelineChart({ run, bars, drones, whole, now }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [chosen, setChosen] = useState<Span | null>(null);
  const [at, setAt] = useState<Bar | null>(null);
  const lanes = useMemo(() => toLanes(bars, drones, now), [bars, drones, now]);
  const span = chosen ?? whole;
  const scale = Math.max(1, width - LABEL) / Math.max(1, span.to - span.from);
  const x = (time: number): number => LABEL + (time - span.from) * scale;
  const height = AXIS + lanes.reduce((sum, { rows }) => sum + rows * ROW + GAP, 0);
  const zoom = (factor: number, place = 0.5) => {
    const next = zoomed(span, factor, place, whole);
    setChosen(next.from <= whole.from && next.to >= whole.to ? null : next);
  };
  const move = (part: number) => setChosen(moved(span, part, whole));
  useWheel(box, (event) => {
    const place = (event.offsetX - LABEL) / Math.max(1, width - LABEL);
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) move((event.deltaX || event.deltaY) / 1_000);
    else zoom(event.deltaY > 0 ? 1.25 : 0.8, Math.min(1, Math.max(0, place)));
  });
  const onKey = (event: KeyboardEvent) => {
    const acts: Record<string, () => void> = {
      "+": () => zoom(0.6),
      "=": () => zoom(0.6),
      "-": () => zoom(1.6),
      "0": () => setChosen(null),
      PageUp: () => move(-0.5),
      PageDown: () => move(0.5),
      ArrowLeft: () => step(lanes, at, setAt, -1),
      ArrowRight: () => step(lanes, at, setAt, 1),
      ArrowUp: () => stepLane(lanes, at, setAt, -1),
      ArrowDown: () => stepLane(lanes, at, setAt, 1),
      Enter: () => {
        if (at) location.hash = packageHref(at.cpv);
      },
      Escape: () => setAt(null),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  return (
    <div class="timeline">
      <div class="buttons start">
        <button type="button" onClick={() => zoom(0.6)} aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => zoom(1.6)} aria-label="Zoom out" aria-disabled={chosen === null}>
          −
        </button>
        <button type="button" onClick={() => move(-0.5)} aria-label="Earlier" aria-disabled={chosen === null}>
          ←
        </button>
        <button type="button" onClick={() => move(0.5)} aria-label="Later" aria-disabled={chosen === null}>
          →
        </button>
        <button type="button" onClick={() => setChosen(null)} aria-disabled={chosen === null}>
          All of it
        </button>
        <Legend />
      </div>
      <div
        ref={box}
        class="chart"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is walked through with the keyboard
        tabIndex={0}
        aria-label={`Timeline of ${count(bars.length, "build")} on ${count(lanes.length, "drone")}`}
        aria-describedby="timeline-help"
        onKeyDown={onKey}
      >
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          aria-hidden="true"
          onPointerLeave={() => setAt(null)}
          onPointerMove={(event) => setAt(under(lanes, event.offsetX, event.offsetY, x))}
          onClick={(event) => {
            const bar = under(lanes, event.offsetX, event.offsetY, x);
            if (bar && bar === at) location.hash = packageHref(bar.cpv);
            setAt(bar);
          }}
        >
          <Axis span={span} x={x} width={width} height={height} />
          <Lanes lanes={lanes} span={span} x={x} width={width} at={at} />
        </svg>
      </div>
      <p class="details" aria-live="polite">
        {at === null ? (
          <span class="muted" id="timeline-help">
            Point at a bar, or focus the chart and use the arrow keys; Enter opens the package. Wheel or + and − zoom, 0
            shows all.
          </span>
        ) : (
          <>
            <strong>{at.cpv}</strong> on {at.drone}, attempt {at.attempt}, {count(at.jobs, "job")}:{" "}
            {RESULT_WORDS[at.result]}, {clock(at.start)} to {at.end === null ? "now" : clock(at.end)},{" "}
            {duration((at.end ?? now) - at.start)}
            {at.critical && ", on the critical path"}{" "}
            <EngineLink workflow={buildWorkflow(run, at.cpv, at.attempt)} what={at.cpv} />
          </>
        )}
      </p>
    </div>
  );
}

function Legend() {
  return (
    <ul class="legend">
      <li>
        <span class="swatch received" aria-hidden="true" /> done
      </li>
      <li>
        <span class="swatch delegated" aria-hidden="true" /> building
      </li>
      <li>
        <span class="swatch failed" aria-hidden="true" /> failed
      </li>
      <li>
        <span class="swatch superseded" aria-hidden="true" /> given up
      </li>
      <li>
        <span class="swatch critical" aria-hidden="true" /> critical path
      </li>
    </ul>
  );
}

interface Place {
  x(time: number): number;
  width: number;
  span: Span;
}

function Axis({ span, x, width, height }: Place & { height: number }) {
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

function Lanes({ lanes, span, x, width, at }: Place & { lanes: readonly Lane[]; at: Bar | null }) {
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

/** The bar at a place of the chart. */
function under(lanes: readonly Lane[], px: number, py: number, x: (time: number) => number): Bar | null {
  let top = AXIS;
  for (const lane of lanes) {
    const row = Math.floor((py - top) / ROW);
    if (row >= 0 && row < lane.rows) {
      const found = lane.bars.findLast(
        (one) => one.row === row && x(one.bar.start) <= px + 1 && (one.bar.end === null || x(one.bar.end) >= px - 1),
      );
      return found?.bar ?? null;
    }
    top += lane.rows * ROW + GAP;
  }
  return null;
}

function step(lanes: readonly Lane[], at: Bar | null, setAt: (bar: Bar) => void, by: number): void {
  const lane = lanes.find(({ drone }) => drone === at?.drone) ?? lanes.find(({ bars }) => bars.length > 0);
  if (!lane) return;
  const index = at === null ? -1 : lane.bars.findIndex(({ bar }) => isSame(bar, at));
  const next = at === null ? lane.bars.at(by > 0 ? 0 : -1) : lane.bars[index + by];
  if (next) setAt(next.bar);
}

function stepLane(lanes: readonly Lane[], at: Bar | null, setAt: (bar: Bar) => void, by: number): void {
  const filled = lanes.filter(({ bars }) => bars.length > 0);
  const index = filled.findIndex(({ drone }) => drone === at?.drone);
  const lane = at === null ? filled[0] : filled[index + by];
  const time = at?.start ?? 0;
  const nearest = lane?.bars.toSorted((a, b) => Math.abs(a.bar.start - time) - Math.abs(b.bar.start - time))[0];
  if (nearest) setAt(nearest.bar);
}

function isSame(a: Bar, b: Bar): boolean {
  return a.cpv === b.cpv && a.attempt === b.attempt;
}

function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}

/** The browser lets only listeners of this kind keep the page from scrolling. */
function useWheel(box: { current: HTMLElement | null }, act: (event: WheelEvent) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      // Ctrl zooms the page itself; without a key the page scrolls until the chart was chosen.
      if (event.ctrlKey || document.activeElement !== element) return;
      event.preventDefault();
      latest.current(event);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [box]);
}
