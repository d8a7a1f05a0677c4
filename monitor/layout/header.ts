import { etaWords, STEP_WORDS } from "../../model/marks.ts";
import { queuedWords } from "../../model/orders.ts";
import type { Reading, Service } from "../../model/reading.ts";
import type { RunView } from "../../model/run.ts";
import { clock, duration } from "../../model/words.ts";
import { nextAction } from "../../operations/nextAction.ts";
import { fitLine, type Line, line, type Span, spread, wrap } from "../line.ts";
import type { Shown } from "../source.ts";
import type { MonitorState } from "../state.ts";
import { bar } from "./bar.ts";

/** Keys that do what a command of NEXT ACTION does. */
const KEYS: readonly (readonly [command: RegExp, key: string])[] = [
  [/^swarm finalize/, "f"],
  [/^swarm resume/, "p"],
];

/** The top of the screen: engine, orchestrators, binhost; the run; its counts; what to do now. */
export function header(state: MonitorState, columns: number): Line[] {
  const { shown, now, via, problem } = state;
  const top = spread(
    line(["title", "═══ BUILD SWARM ═══"], via === null ? "" : `  through ${via}`),
    line(["faint", clock(now)]),
    columns,
  );
  if (shown === null) {
    const texts = wrap(problem ?? "Asking the engine ...", columns).slice(0, MAX_PROBLEM);
    return [top, ...texts.map((text) => line([problem === null ? undefined : "bad", text]))];
  }
  const lines = [
    top,
    services(shown.reading),
    runLine(shown, now),
    ...(shown.reading.run ? [countLine(shown.reading.run, columns)] : []),
    ...(shown.reading.run?.queued ? [line(`Then:   ${queuedWords(shown.reading.run.queued)}`)] : []),
    ...staleLines(shown, now),
    ...nextLines(shown, columns),
  ];
  return lines.map((each) => fitLine(each, columns));
}

function services({ engine, orchestrators, binhost }: Reading): Line {
  const tick = ({ problem }: Service): readonly [Span["style"], string] =>
    problem === null ? ["good", "✓"] : ["bad", "✗"];
  return line(
    "Engine: ",
    tick(engine),
    ` ${engine.address}   Orchestrators: `,
    [orchestrators === 0 ? "bad" : undefined, String(orchestrators ?? "?")],
    "   Binhost: ",
    tick(binhost),
    ` ${binhost.address}`,
  );
}

/** Time at which what is shown was so: where nobody answers, it does not go on. */
export function asOf({ stale, at }: Shown, now: number): number {
  return stale === null ? now : at;
}

function runLine(shown: Shown, now: number): Line {
  const { run, runProblem, engine, orchestrators } = shown.reading;
  if (run === null) {
    const isKnown = engine.problem === null && runProblem === null && orchestrators !== 0;
    return line(`Run:    ${isKnown ? "none" : "unknown: nobody answers for it"}`);
  }
  const [word, tone] = run.paused ? (["paused", "warn"] as const) : STEP_WORDS[run.step];
  const time = asOf(shown, now);
  const eta = etaWords(run, Math.max(0, time - shown.reading.at));
  const others = shown.reading.others.length;
  return line(
    `Run:    ${run.run}   `,
    [tone, word],
    `   ${duration((run.endedAt ?? time) - run.startedAt)}`,
    eta === null ? "" : `   ETA ${eta}`,
    ["faint", others === 0 ? "" : `   and ${others} of other targets: swarm monitor --target NAME`],
  );
}

function countLine({ counts }: RunView, columns: number): Line {
  const total = counts.needed + counts.delegated + counts.received + counts.failed + counts.skipped;
  if (total === 0) return line("");
  const bad = (number: number): readonly [Span["style"], string] => [number > 0 ? "bad" : undefined, String(number)];
  const counted = line(
    `QUEUE ${counts.needed}   BUILDING ${counts.delegated}   DONE `,
    ["good", String(counts.received)],
    "   BLOCKED ",
    bad(counts.failed),
    "   SKIPPED ",
    bad(counts.skipped),
  );
  const part = counts.received / total;
  const width = Math.min(40, Math.max(10, columns - 70));
  return spread(counted, line(["good", bar(part, width)], ` ${String(Math.floor(part * 100)).padStart(3)}%`), columns);
}

function staleLines(shown: Shown, now: number): Line[] {
  const { stale, at } = shown;
  const binhost = shown.reading.binhost.problem;
  const lines: Line[] = [];
  if (stale !== null) {
    const [first = "", ...more] = stale.split("\n");
    const age = at === 0 ? "nothing is known yet" : `shown is ${clock(at)}, ${duration(now - at)} ago`;
    lines.push(line(["bad", `✗ ${age}: `], first), ...more.slice(0, 1).map((text) => line(["warn", text])));
  } else if (binhost !== null) {
    lines.push(line(["bad", `✗ ${binhost.split("\n")[0]}`]));
  }
  return lines;
}

/** Why nothing is shown takes at most so many lines. */
const MAX_PROBLEM = 5;
/** What to do now takes at most so many lines. */
const MAX_NEXT = 3;
const NEXT = "NEXT ACTION  ";

/** In one line, so that none is read as a part of the one before. */
const joined = (sentences: readonly string[]): string =>
  sentences.map((text, i) => (i === sentences.length - 1 || /[.:;!?]$/.test(text) ? text : `${text};`)).join(" ");

/** What to do now: the situation, and the command with its key. */
function nextLines({ reading }: Shown, columns: number): Line[] {
  const { situation, command } = nextAction(reading);
  const key = command === null ? undefined : KEYS.find(([pattern]) => pattern.test(command))?.[1];
  const isHere = command === null || command === "swarm status";
  const way = isHere ? "" : `→ ${command}${key === undefined ? "" : ` (${key})`}`;
  const texts = wrap(`${joined(situation)} ${way}`.trimEnd(), columns - NEXT.length);
  const shown = texts.slice(0, MAX_NEXT);
  // The way out is what must not be cut off.
  if (texts.length > MAX_NEXT && way !== "") shown[MAX_NEXT - 1] = way;
  return shown.map((text, index) => line(["title", index === 0 ? NEXT : " ".repeat(NEXT.length)], text));
}
