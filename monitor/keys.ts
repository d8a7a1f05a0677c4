import { queuedWords } from "../model/orders.ts";
import { bytes, count } from "../model/words.ts";
import { layout } from "./layout/frame.ts";
import { rowsSeen } from "./layout/list.ts";
import { firstShown } from "./layout/log.ts";
import { isTooSmall, type Size } from "./layout/panes.ts";
import { chosenIndex, logOf } from "./rows.ts";
import { type Action, type LogPlace, NO_RUN, otherRun, type Preview } from "./source.ts";
import type { MonitorState, Pane, Question } from "./state.ts";

/** Keys that are no character. */
export type NamedKey =
  | "up"
  | "down"
  | "left"
  | "right"
  | "pageUp"
  | "pageDown"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  | "tab"
  | "backTab"
  | "ctrl-c"
  | "ctrl-l"
  | "ctrl-z";

/** One key: a name, or a character. */
export type KeyPress = { name: NamedKey } | { character: string };

/** What has to be done beside drawing. */
export type Effect =
  | { kind: "quit" | "suspend" | "redraw" }
  /** What finalize would publish is to be asked about: see `askFinalize`. */
  | { kind: "preview" }
  | { kind: "act"; action: Action }
  | { kind: "log"; place: LogPlace };

export interface Pressed {
  state: MonitorState;
  effect?: Effect;
}

/** Columns that a long line of a log is shifted by. */
const SHIFT = 20;

/** What a key does. Pure: the shell does what `effect` says. */
export function press(before: MonitorState, key: KeyPress, size: Size): Pressed {
  const name = "name" in key ? key.name : null;
  if (name === "ctrl-c") return { state: before, effect: { kind: "quit" } };
  if (name === "ctrl-z") return { state: before, effect: { kind: "suspend" } };
  if (name === "ctrl-l") return { state: before, effect: { kind: "redraw" } };
  // Nothing is done that is not seen.
  if (isTooSmall(size)) return isCharacter(key, "q") ? { state: before, effect: { kind: "quit" } } : { state: before };
  // An answer was read once the next key is pressed.
  const state = { ...before, notice: null };
  if (state.question) return answer({ ...state, question: null }, state.question, key);
  if (state.typing) return { state: typed(state, key) };
  if (state.help) return { state: { ...state, help: false } };
  if (state.focus === "log" && state.log) {
    const scrolled = scrolledLog(state, name, size);
    if (scrolled) return { state: scrolled };
  }
  return name === null ? character(state, "character" in key ? key.character : "", size) : named(state, name, size);
}

function isCharacter(key: KeyPress, character: string): boolean {
  return "character" in key && key.character === character;
}

function answer(state: MonitorState, { action }: Question, key: KeyPress): Pressed {
  const isYes = isCharacter(key, "y") || isCharacter(key, "Y");
  if (isYes) return act(state, action);
  return { state: { ...state, notice: { tone: "faint", lines: ["Nothing was changed."] } } };
}

function act(state: MonitorState, action: Action): Pressed {
  return isDeaf(state) ? deaf(state) : { state, effect: { kind: "act", action } };
}

/** Sent, it would be done when the engine is back, and nobody expects it any more. */
function isDeaf({ shown }: MonitorState): boolean {
  return (shown?.reading.engine.problem ?? null) !== null;
}

function deaf(state: MonitorState): Pressed {
  return { state: told(state, "Nothing was done: the engine does not answer.") };
}

function actOnRun(state: MonitorState, kind: "balance" | "unblock" | "pause" | "resume"): Pressed {
  const run = state.shown?.reading.run?.run;
  return run === undefined ? { state: told(state, withoutRun(state)) } : act(state, { kind, run });
}

/** Why there is no run to do something with. */
function withoutRun({ shown }: MonitorState, none = NO_RUN): string {
  if (shown === null) return "Nothing was done: how the swarm is, is still being asked.";
  return shown.stale === null ? none : "Nothing was done: nobody can say now whether there is a run.";
}

function typed(state: MonitorState, key: KeyPress): MonitorState {
  if ("character" in key) return { ...state, filter: state.filter + key.character };
  switch (key.name) {
    case "enter":
      return { ...state, typing: false };
    case "escape":
      return { ...state, typing: false, filter: "" };
    case "backspace":
      return { ...state, filter: [...state.filter].slice(0, -1).join("") };
    default:
      return state;
  }
}

function named(state: MonitorState, name: NamedKey, size: Size): Pressed {
  switch (name) {
    case "tab":
      return { state: focused(state, 1, size) };
    case "backTab":
      return { state: focused(state, -1, size) };
    case "enter":
      return openLog(state, size);
    case "escape":
      return { state: state.log ? closedLog(state) : { ...state, filter: "" } };
    default:
      return { state: moved(state, name, size) };
  }
}

function character(state: MonitorState, text: string, size: Size): Pressed {
  switch (text) {
    case "q":
      return { state, effect: { kind: "quit" } };
    case "?":
      return { state: { ...state, help: true } };
    case "/":
      return { state: { ...state, typing: true } };
    case "l":
      return state.log ? { state: closedLog(state) } : openLog(state, size);
    case "b":
      return actOnRun(state, "balance");
    case "u":
      return actOnRun(state, "unblock");
    case "p":
      return actOnRun(state, state.shown?.reading.run?.paused ? "resume" : "pause");
    case "f":
      return previewFinalize(state);
    case "R":
      return { state: askReset(state) };
    default:
      return { state };
  }
}

function told(state: MonitorState, ...lines: string[]): MonitorState {
  return { ...state, notice: { tone: "warn", lines } };
}

/** What would be published is shown before it is. */
function previewFinalize(state: MonitorState): Pressed {
  const run = state.shown?.reading.run;
  if (!run) {
    return { state: told(state, withoutRun(state, "There is no run to finalize. Start one: swarm run-update")) };
  }
  const { received, needed, delegated } = run.counts;
  const why =
    run.endedAt !== null
      ? `${run.run} has ended. Start a new one: swarm run-update`
      : run.step !== "gate"
        ? `Too early: ${run.run} has ${count(needed + delegated, "package")} left. Nothing was published.`
        : received === 0
          ? "Nothing was built, so there is nothing to publish. Again: u, or give up: R"
          : null;
  if (why !== null) return { state: told(state, why) };
  if (isDeaf(state)) return deaf(state);
  const notice = { tone: "faint", lines: ["Looking at what would be published ..."] } as const;
  return { state: { ...state, notice }, effect: { kind: "preview" } };
}

/** Asks whether what was looked at is to be published. Who does something else by now is not asked. */
export function askFinalize(state: MonitorState, preview: Preview): MonitorState {
  if (state.question || state.typing || state.help) return state;
  const shown = state.shown?.reading.run?.run ?? preview.run;
  if (preview.run !== shown) return told(state, otherRun(shown, preview.run));
  const { run, added, changed, failed, skipped, risk, words, refusal } = preview;
  // That packages failed is what is asked about.
  if (refusal !== null && (risk === "do not" || failed.length === 0)) return told(state, refusal);
  const without =
    failed.length + skipped.length > 0
      ? `, without the ${failed.length} that failed and the ${skipped.length} that need them`
      : "";
  const what = `Publish ${count(added.length + changed.length, "package")} (${bytes(preview.bytes)}) of ${run}${without}?`;
  const text = `${what} ${risk === "none" ? "Clients get them with their next update." : words.join(" ")}`;
  const action = { kind: "finalize", run, acceptFailed: failed.length > 0 } as const;
  return { ...state, notice: null, question: { text, action, preview } };
}

function askReset(state: MonitorState): MonitorState {
  const run = state.shown?.reading.run;
  if (!run) {
    const missing = withoutRun(state, "There is no run to reset.");
    const isAsked = (state.shown?.stale ?? null) !== null;
    return told(state, isAsked ? `${missing} To end it whatever it is: swarm reset` : missing);
  }
  const { received, delegated } = run.counts;
  const lost = `${count(received, "package")} built and not published, ${count(delegated, "build")} under way${
    run.queued ? `, and what is queued: ${queuedWords(run.queued)}` : ""
  }`;
  const text = `Cancel ${run.run} and throw away everything that it built and did not publish (${lost})?`;
  return { ...state, question: { text, action: { kind: "reset", run: run.run } } };
}

function panesOf(state: MonitorState, size: Size): Pane[] {
  return layout(state, size).places.map(({ pane }) => pane);
}

function focused(state: MonitorState, by: 1 | -1, size: Size): MonitorState {
  const panes = panesOf(state, size);
  const next = panes[(panes.indexOf(state.focus) + by + panes.length) % panes.length];
  return next === undefined ? state : { ...state, focus: next };
}

function closedLog(state: MonitorState): MonitorState {
  const { log: _, ...rest } = state;
  return { ...rest, log: null, focus: state.focus === "log" ? "packages" : state.focus };
}

function openLog(state: MonitorState, size: Size): Pressed {
  const { shown, focus } = state;
  if (!shown || focus === "log") return { state };
  const rows = layout(state, size).rows[focus];
  const place = logOf(rows[chosenIndex(rows, focus, state)], shown);
  return typeof place === "string" ? { state: told(state, place) } : { state, effect: { kind: "log", place } };
}

/** Rows that the pane with the focus shows at once. */
export function pageOf(state: MonitorState, size: Size): number {
  const { places, rows } = layout(state, size);
  const place = places.find(({ pane }) => pane === state.focus);
  if (!place || place.pane === "log") return Math.max(1, (place?.height ?? 2) - 1);
  const { from, to } = rowsSeen(state, place, rows[place.pane]);
  return Math.max(1, to - from);
}

function moved(state: MonitorState, name: NamedKey, size: Size): MonitorState {
  const { focus } = state;
  if (focus === "log") return state;
  const rows = layout(state, size).rows[focus];
  const now = chosenIndex(rows, focus, state);
  const next = target(name, now, pageOf(state, size), rows.length - 1);
  if (next === null || rows.length === 0) return state;
  // At its end the list of events follows what comes; at its beginning that of packages shows what comes first.
  const follows = focus === "events" ? next === rows.length - 1 : next === 0;
  return { ...state, chosen: { ...state.chosen, [focus]: follows ? null : (rows[next]?.key ?? null) } };
}

/** Where a key leads to in a list of `last` + 1 rows; null: nowhere. */
function target(name: NamedKey | null, now: number, page: number, last: number): number | null {
  const steps: Partial<Record<NamedKey, number>> = {
    up: now - 1,
    down: now + 1,
    pageUp: now - page,
    pageDown: now + page,
    home: 0,
    end: last,
  };
  const to = name === null ? undefined : steps[name];
  return to === undefined ? null : Math.max(0, Math.min(last, to));
}

/** The log after a key that moves it; null: the key does something else. */
function scrolledLog(state: MonitorState, name: NamedKey | null, size: Size): MonitorState | null {
  const { log } = state;
  if (!log) return null;
  if (name === "left" || name === "right") {
    const shift = Math.max(0, log.shift + (name === "right" ? SHIFT : -SHIFT));
    return { ...state, log: { ...log, shift } };
  }
  const page = pageOf(state, size);
  const { first, end } = log.text.range;
  const last = Math.max(0, end - first - page);
  const next = target(name, firstShown(log, page) - first, page, last);
  if (next === null) return null;
  return { ...state, log: { ...log, top: next === last ? null : first + next } };
}
