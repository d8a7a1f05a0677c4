import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Bar } from "../../../model/timeline.ts";
import { clock, count, duration } from "../../../model/words.ts";
import { type Lane, toLanes } from "../lib/lanes.ts";
import { moved, type Span, zoomed } from "../lib/zoom.ts";
import { buildWorkflow } from "../wire/workflows.ts";
import { EngineLink } from "./common.tsx";
import { AXIS, Axis, GAP, LABEL, Lanes, ROW } from "./timelineBars.tsx";
import { RESULT_WORDS } from "./words.ts";

/** Where a bar leads to. */
export interface Place {
  hrefOf(cpv: string): string;
  /** What is there. */
  what: string;
}

interface Props {
  /** Its id. */
  run: string;
  bars: readonly Bar[];
  drones: readonly string[];
  whole: Span;
  /** ms: where what still runs ends. */
  now: number;
  place: Place;
}

/** Drones as lanes, builds as bars. */
export function TimelineChart({ run, bars, drones, whole, now, place: { hrefOf, what } }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [chosen, setChosen] = useState<Span | null>(null);
  // Not the bar itself: that is another one after each change.
  const [chosenBar, setChosenBar] = useState<string | null>(null);
  const byKey = useMemo(() => new Map(bars.map((bar) => [keyOf(bar), bar])), [bars]);
  const at = chosenBar === null ? null : (byKey.get(chosenBar) ?? null);
  const setAt = (bar: Bar | null) => setChosenBar(bar && keyOf(bar));
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
        if (at) location.hash = hrefOf(at.cpv);
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
            if (bar && bar === at) location.hash = hrefOf(bar.cpv);
            setAt(bar);
          }}
        >
          <Axis span={span} x={x} width={width} height={height} />
          <Lanes lanes={lanes} span={span} x={x} width={width} at={at} />
        </svg>
      </div>
      <p class="details">
        <span aria-live="polite">
          {at === null ? (
            <span class="muted" id="timeline-help">
              Point at a bar, or focus the chart and use the arrow keys; Enter opens {what}. Wheel or + and − zoom, 0
              shows all.
            </span>
          ) : (
            <>
              <strong>{at.cpv}</strong> on {at.drone}, attempt {at.attempt}, {count(at.jobs, "job")}:{" "}
              {RESULT_WORDS[at.result]}, {clock(at.start)} to{" "}
              {at.end === null ? "now" : `${clock(at.end)}, ${duration(at.end - at.start)}`}
              {at.critical && ", on the critical path"}{" "}
              <EngineLink workflow={buildWorkflow(run, at.cpv, at.attempt)} what={at.cpv} />
            </>
          )}
        </span>
        {/* What changes all the time is not read out all the time. */}
        {at?.end === null && <span class="muted"> {duration(now - at.start)} so far</span>}
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
  const index = at === null ? -1 : lane.bars.findIndex(({ bar }) => bar === at);
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

function keyOf({ cpv, attempt }: Bar): string {
  return `${cpv} ${attempt}`;
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
