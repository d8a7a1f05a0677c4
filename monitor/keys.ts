import { queuedWords } from "../model/orders.ts";
import { count } from "../model/words.ts";
import { layout } from "./layout/frame.ts";
import { firstShown } from "./layout/log.ts";
import type { Size } from "./layout/panes.ts";
import { chosenIndex, logOf } from "./rows.ts";
import type { Action, LogPlace } from "./source.ts";
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

function answer(state: MonitorState, { action }: Question, key: KeyPress): Pressed {
  const isYes = "character" in key && (key.character === "y" || key.character === "Y");
  if (isYes) return act(state, action);
  return { state: { ...state, notice: { tone: "faint", lines: ["Nothing was changed."] } } };
}

function act(state: MonitorState, action: Action): Pressed {
  // Sent, it would be done when the engine is back, and nobody expects it any more.
  const isDeaf = (state.shown?.reading.engine.problem ?? null) !== null;
  if (isDeaf) return { state: told(state, "Nothing was done: the engine does not answer.") };
  return { state, effect: { kind: "act", action } };
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
      return act(state, { kind: "balance" });
    case "u":
      return act(state, { kind: "unblock" });
    case "p":
      return act(state, { kind: state.shown?.reading.run?.paused ? "resume" : "pause" });
    case "f":
      return { state: askFinalize(state) };
    case "R":
      return { state: askReset(state) };
    default:
      return { state };
  }
}

function told(state: MonitorState, ...lines: string[]): MonitorState {
  return { ...state, notice: { tone: "warn", lines } };
}

/** What would be published is said before it is. */
function askFinalize(state: MonitorState): MonitorState {
  const run = state.shown?.reading.run;
  if (!run) return told(state, "There is no run to finalize. Start one: swarm run-update");
  const { received, failed, skipped, needed, delegated } = run.counts;
  if (run.endedAt !== null) return told(state, `${run.run} has ended. Start a new one: swarm run-update`);
  if (run.step !== "gate") {
    const left = needed + delegated;
    return told(state, `Too early: ${run.run} has ${count(left, "package")} left. Nothing was published.`);
  }
  if (received === 0) return told(state, "Nothing was built, so there is nothing to publish. Again: u, or give up: R");
  const without = failed + skipped > 0 ? `, without the ${failed} that failed and the ${skipped} that need them` : "";
  const text = `Publish ${count(received, "package")} of ${run.run}${without}? Clients get them with their next update.`;
  return { ...state, question: { text, action: { kind: "finalize", acceptFailed: failed > 0 } } };
}

function askReset(state: MonitorState): MonitorState {
  const run = state.shown?.reading.run;
  if (!run) return told(state, "There is no run to reset.");
  const { received, delegated } = run.counts;
  const lost = `${count(received, "package")} built and not published, ${count(delegated, "build")} under way${
    run.queued ? `, and what is queued: ${queuedWords(run.queued)}` : ""
  }`;
  const text = `Cancel ${run.run} and throw away everything that it built and did not publish (${lost})?`;
  return { ...state, question: { text, action: { kind: "reset" } } };
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

/** Rows that a pane shows at once. */
function pageOf(state: MonitorState, size: Size): number {
  const place = layout(state, size).places.find(({ pane }) => pane === state.focus);
  return Math.max(1, (place?.height ?? 2) - 1);
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
