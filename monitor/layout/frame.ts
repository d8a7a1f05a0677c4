import { PACKAGE_MARKS } from "../../model/marks.ts";
import type { PackageState } from "../../model/run.ts";
import { count } from "../../model/words.ts";
import { fitLine, type Line, line, lineWidth, type Span, widthOf, wrap } from "../line.ts";
import { droneRows, eventRows, packageRows, type Row } from "../rows.ts";
import type { MonitorState, Pane } from "../state.ts";
import { header } from "./header.ts";
import { helpLines } from "./help.ts";
import { listLines } from "./list.ts";
import { logBody, logTitle } from "./log.ts";
import { arrange, isTooSmall, type Place, type Size, SMALLEST } from "./panes.ts";
import { previewLines } from "./preview.ts";
import { rowsOf } from "./rowLines.ts";

/** An answer takes at most so many lines of the screen. */
const MAX_NOTICE = 4;

const WORDS = Object.fromEntries(Object.entries(PACKAGE_MARKS).map(([state, { word }]) => [state, word])) as Record<
  PackageState,
  string
>;

/** The rows of each pane, and where each pane is. */
export interface Layout {
  header: Line[];
  footer: Line[];
  rows: Record<Exclude<Pane, "log">, readonly Row[]>;
  places: Place[];
}

/** Decides what goes where. */
export function layout(state: MonitorState, size: Size): Layout {
  const { shown, filter } = state;
  const rows = {
    drones: shown ? droneRows(shown, filter) : [],
    packages: shown ? packageRows(shown, filter, WORDS) : [],
    events: shown ? eventRows(shown, filter) : [],
  };
  const top = header(state, size.columns);
  const footer = footerLines(state, size.columns);
  const wanted = {
    drones: rows.drones.length,
    // Those that are seen at most; what has failed, and has two lines, comes first.
    packages: rows.packages.slice(0, size.rows).reduce((sum, row) => sum + rowsOf(row, size.columns), 0),
    events: rows.events.length,
    log: Number.POSITIVE_INFINITY,
  };
  return { header: top, footer, rows, places: arrange(state, size, size.rows - top.length - footer.length, wanted) };
}

/** The whole screen: as many lines as the terminal has rows, each as wide as it. */
export function frame(state: MonitorState, size: Size): Line[] {
  if (isTooSmall(size)) return tooSmall(size);
  const parts = layout(state, size);
  const rows = size.rows - parts.header.length - parts.footer.length;
  const preview = state.question?.preview;
  const body = state.help ? helpLines(rows) : preview ? previewLines(preview, rows) : panes(state, parts, size);
  return filled([...parts.header, ...filled(body, rows), ...parts.footer], size.rows).map((each) =>
    fitLine(each, size.columns),
  );
}

function tooSmall({ columns, rows }: Size): Line[] {
  const text = `The monitor needs ${SMALLEST.columns}x${SMALLEST.rows}, this terminal is ${columns}x${rows}. Make it larger, or q and: swarm status`;
  const lines = wrap(text, Math.max(1, columns))
    .slice(0, rows)
    .map((each) => line(each));
  return filled(lines, rows).map((each) => fitLine(each, columns));
}

function filled(lines: readonly Line[], rows: number): Line[] {
  const missing = Math.max(0, rows - lines.length);
  return [...lines.slice(0, rows), ...Array.from({ length: missing }, () => line(""))];
}

/** The panes below each other, in one or two columns. */
function panes(state: MonitorState, { places, rows }: Layout, { columns }: Size): Line[] {
  const [left, right] = ([0, 1] as const).map((column) =>
    places
      .filter((place) => place.column === column)
      .flatMap((place) => pane(state, place, place.pane === "log" ? [] : rows[place.pane])),
  );
  if (!left || !right?.length) return left ?? [];
  const width = places.find(({ column }) => column === 0)?.width ?? columns;
  return left.map((each, index) => beside(each, width, right[index] ?? line("")));
}

/** Two lines next to each other. Only one of them can be the chosen one. */
function beside(first: Line, width: number, second: Line): Line {
  const spans = (whole: Line): Span[] =>
    whole.spans.map((span) => (whole.chosen ? { ...span, style: "chosen" } : span));
  return { spans: [...spans(fitLine(first, width)), { text: "│", style: "faint" }, ...spans(second)] };
}

function pane(state: MonitorState, place: Place, rows: readonly Row[]): Line[] {
  const { pane, width, height } = place;
  const hasFocus = state.focus === pane;
  const body = pane === "log" ? logBody(state.log, width, height - 1) : listBody(state, pane, place, rows);
  const text = pane === "log" ? logTitle(state.log) : listTitle(state, pane, rows.length);
  return [titleLine(text, width, hasFocus), ...filled(body, height - 1)].map((each) => fitLine(each, width));
}

function titleLine(text: string, width: number, hasFocus: boolean): Line {
  const rule = hasFocus ? "═" : "─";
  const used = widthOf(text) + 5;
  return line([hasFocus ? "title" : "faint", `${rule.repeat(3)} ${text} ${rule.repeat(Math.max(0, width - used))}`]);
}

function listTitle({ shown, filter }: MonitorState, pane: Exclude<Pane, "log">, number: number): string {
  const title = pane.toUpperCase();
  if (filter !== "" && pane !== "drones") {
    const all = pane === "packages" ? shown?.packages.length : shown?.events.length;
    return `${title} ${number} of ${all ?? 0} with "${filter}"`;
  }
  if (pane === "drones") return `${title} ${shown?.reading.fleet?.drones.length ?? 0}`;
  return number === 0 ? title : `${title} ${number}`;
}

function listBody(state: MonitorState, pane: Exclude<Pane, "log">, place: Place, rows: readonly Row[]): Line[] {
  if (!state.shown || rows.length === 0) return [line(["faint", `  ${emptyText(state, pane)}`])];
  return listLines(state, place, rows);
}

function emptyText({ shown, filter }: MonitorState, pane: Exclude<Pane, "log">): string {
  if (!shown) return "";
  const { fleet, run } = shown.reading;
  const isKnown = pane === "drones" ? fleet !== null : run !== null;
  if (!isKnown && shown.stale !== null) return "not known: nobody answers";
  if (filter !== "") return `nothing has "${filter}"; Esc shows everything`;
  if (pane === "drones") return "none has enrolled: swarm drone, on each machine that builds";
  if (!run) return "there is no run: swarm run-update";
  // A run's first event is its start.
  return pane === "events" ? "reading them ..." : "none yet";
}

/** The keys in a line; where it is too narrow for all of them, the help has the others. */
function keyLine(state: MonitorState, columns: number): string {
  const pause = state.shown?.reading.run?.paused ? "p resume" : "p pause";
  const first = ["q quit", "Tab pane", "l log", "/ filter", pause];
  const all = [...first, "u unblock", "b balance", "f finalize", "R reset", "? help"];
  const wide = all.join("   ");
  return wide.length <= columns ? wide : all.filter((each) => each !== "Tab pane").join(" ");
}

/** What is asked or was answered, and the keys. */
function footerLines(state: MonitorState, columns: number): Line[] {
  const { question, notice, typing, filter, help, log, focus } = state;
  if (question) {
    const lines = wrap(question.text, columns).map((text) => line(["warn", text]));
    return [...lines, line(["title", "y"], " yes, do it   ", ["title", "any other key"], " no")];
  }
  const told = (notice?.lines ?? []).flatMap((text) => wrap(text, columns));
  const left = told.length - MAX_NOTICE;
  const shown = left > 0 ? [...told.slice(0, MAX_NOTICE - 1), `... and ${count(left + 1, "more line")}`] : told;
  const lines = shown.map((text) => line([notice?.tone, text]));
  if (typing)
    return [...lines, line(["title", "/"], `${filter}█`, ["faint", "   Enter keeps it, Esc shows everything"])];
  const keys = help
    ? "any key goes back"
    : log && focus === "log"
      ? "Esc closes  ↑↓ PgUp PgDn Home  End follows  ←→ shifts  Tab pane  q quit"
      : keyLine(state, columns);
  return [...lines, line(["faint", keys])].map((each) => (lineWidth(each) > columns ? fitLine(each, columns) : each));
}
