import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Run } from "../lib/ansi.ts";
import type { LogLine } from "../lib/logLines.ts";
import { middleOf } from "../lib/scrolling.ts";

interface Props {
  label: string;
  lines: readonly LogLine[];
  /** Number of the line that says what failed. */
  errorAt: number | null;
  /** What stays in sight, whatever comes; null: where the reader is. */
  hold: "end" | "error" | null;
  /** The reader has gone elsewhere. */
  onLeave(): void;
}

/** So far from what is held nobody comes but by scrolling. pixels */
const LEFT_AT = 40;

/** The lines of a log, which scroll by themselves. */
export function LogBox({ label, lines, errorAt, hold, onLeave }: Props) {
  const box = useRef<HTMLElement>(null);
  // Drawn anew only when lines came.
  const drawn = useMemo(() => <Lines lines={lines} errorAt={errorAt} />, [lines, errorAt]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with other lines it is elsewhere
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || hold === null) return;
    const stay = (): void => {
      element.scrollTop = placeOf(element, hold);
    };
    stay();
    // How high lines are that were out of sight is known when they come into it.
    const observer = new ResizeObserver(stay);
    observer.observe(element);
    for (const content of element.children) observer.observe(content);
    return () => observer.disconnect();
  }, [hold, lines, errorAt]);
  return (
    <section
      class="log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      ref={box}
      aria-label={label}
      onScroll={({ currentTarget }) => {
        if (hold !== null && Math.abs(currentTarget.scrollTop - placeOf(currentTarget, hold)) > LEFT_AT) onLeave();
      }}
    >
      <div>{drawn}</div>
    </section>
  );
}

/** How far a box is scrolled that shows its end or its error. */
function placeOf(box: HTMLElement, hold: "end" | "error"): number {
  const most = box.scrollHeight - box.clientHeight;
  const error = hold === "error" ? box.querySelector(".error") : null;
  return error === null ? most : Math.min(most, Math.max(0, middleOf(box, error)));
}

const BLOCK = 250;

/** In blocks, so that what has not changed is not compared line by line. */
function Lines({ lines, errorAt }: { lines: readonly LogLine[]; errorAt: number | null }) {
  const blocks = Map.groupBy(lines, ({ number }) => Math.floor(number / BLOCK));
  return (
    <>
      {Array.from(blocks, ([number, own]) => (
        <Block key={number} lines={own} errorAt={errorAt} />
      ))}
    </>
  );
}

function Block({ lines, errorAt }: { lines: readonly LogLine[]; errorAt: number | null }) {
  return (
    <div class="block">
      {lines.map(({ number, runs }) => (
        <div key={number} class={number === errorAt ? "line error" : "line"}>
          {number === errorAt ? <mark>{textOf(runs)}</mark> : textOf(runs)}
        </div>
      ))}
    </div>
  );
}

function textOf(runs: readonly Run[]) {
  if (runs.length === 0) return "\n";
  return runs.map(({ text, classes, color, background }, i) =>
    classes === "" && color === undefined && background === undefined ? (
      text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a line have no other name
      <span key={i} class={classes} style={{ color, backgroundColor: background }}>
        {text}
      </span>
    ),
  );
}
