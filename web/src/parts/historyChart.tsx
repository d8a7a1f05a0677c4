import type { AttemptRecord } from "../../../model/history.ts";
import { duration, timestamp } from "../../../model/words.ts";

const WIDTH = 760;
const HEIGHT = 220;
const LEFT = 64;
const BOTTOM = 26;
const TOP = 12;

/** How long each attempt took, over time: dots for what was built, crosses for what failed. */
export function HistoryChart({ attempts }: { attempts: readonly AttemptRecord[] }) {
  const ended = attempts.filter(({ result }) => result !== "cancelled").toSorted((a, b) => a.endedAt - b.endedAt);
  const [first] = ended;
  const last = ended.at(-1);
  if (!first || !last) return null;
  const longest = Math.max(...ended.map(took), 1);
  const from = first.endedAt;
  const length = Math.max(1, last.endedAt - from);
  const x = (at: number): number =>
    ended.length === 1 ? (LEFT + WIDTH) / 2 : LEFT + 12 + ((at - from) / length) * (WIDTH - LEFT - 24);
  const y = (seconds: number): number => HEIGHT - BOTTOM - (seconds / longest) * (HEIGHT - BOTTOM - TOP);
  const built = ended.filter(({ result }) => result === "built");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" aria-label="Durations over time" tabIndex={0}>
      <svg
        class="history-chart"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Durations of ${ended.length} attempts; the longest took ${duration(longest * 1000)}. The table below has them all.`}
      >
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <g key={part} class="axis">
            <line x1={LEFT} x2={WIDTH} y1={y(longest * part)} y2={y(longest * part)} />
            <text x={LEFT - 8} y={y(longest * part) + 4} text-anchor="end">
              {duration(longest * part * 1000)}
            </text>
          </g>
        ))}
        <g class="axis">
          <text x={LEFT} y={HEIGHT - 6}>
            {timestamp(from).slice(0, 10)}
          </text>
          <text x={WIDTH} y={HEIGHT - 6} text-anchor="end">
            {timestamp(last.endedAt).slice(0, 10)}
          </text>
        </g>
        <polyline class="line" points={built.map((one) => `${x(one.endedAt)},${y(took(one))}`).join(" ")} />
        {ended.map((one) => {
          const at = { x: x(one.endedAt), y: y(took(one)) };
          const title = `${one.cpv} on ${one.drone}: ${one.result}, ${duration(took(one) * 1000)}, ${timestamp(one.endedAt)}`;
          return (
            <g key={`${one.run} ${one.cpv} ${one.attempt}`}>
              {one.result === "built" ? (
                <circle class="dot" cx={at.x} cy={at.y} r="4">
                  <title>{title}</title>
                </circle>
              ) : (
                <path class="cross" d={`M${at.x - 4} ${at.y - 4}l8 8m0-8l-8 8`}>
                  <title>{title}</title>
                </path>
              )}
            </g>
          );
        })}
      </svg>
    </section>
  );
}

/** Seconds from the offer to the outcome. */
export function took({ startedAt, endedAt }: AttemptRecord): number {
  return (endedAt - startedAt) / 1000;
}
