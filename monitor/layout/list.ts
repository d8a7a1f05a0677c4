import { fitLine, type Line, line } from "../line.ts";
import { chosenIndex, type Row } from "../rows.ts";
import type { MonitorState } from "../state.ts";
import { asOf } from "./header.ts";
import type { Place } from "./panes.ts";
import { type Drawing, rowLines, rowsOf } from "./rowLines.ts";

/** Columns before a row: the mark of the chosen one. */
const MARK = 2;

/** Which rows a pane shows: those around the chosen one, as many as it has room for. */
export function rowsSeen(
  state: MonitorState,
  { pane, width, height }: Place,
  rows: readonly Row[],
): { from: number; to: number; chosen: number } {
  if (pane === "log" || rows.length === 0) return { from: 0, to: 0, chosen: 0 };
  const chosen = chosenIndex(rows, pane, state);
  const room = height - 1;
  const linesOf = (index: number): number => {
    const row = rows[index];
    return row ? rowsOf(row, width - MARK) : Number.POSITIVE_INFINITY;
  };
  let [from, to, used] = [chosen, chosen + 1, linesOf(chosen)];
  const half = Math.floor(room / 2);
  for (let above = linesOf(from - 1); above <= half && from > 0; above += linesOf(from - 1)) {
    used += linesOf(--from);
  }
  while (used + linesOf(to) <= room) used += linesOf(to++);
  while (used + linesOf(from - 1) <= room) used += linesOf(--from);
  return { from, to, chosen };
}

/** The rows of a pane as they are seen. */
export function listLines(state: MonitorState, place: Place, rows: readonly Row[]): Line[] {
  const { shown } = state;
  if (!shown) return [];
  const { from, to, chosen } = rowsSeen(state, place, rows);
  const names = (shown.reading.fleet?.drones ?? []).map(({ facts }) => facts.name.length);
  const drawing: Drawing = {
    width: place.width - MARK,
    asOf: asOf(shown, state.now),
    askedAt: shown.reading.at,
    nameWidth: Math.min(24, Math.max(4, ...names)),
  };
  return rows.slice(from, to).flatMap((row, index) => {
    const isChosen = from + index === chosen && state.focus === place.pane;
    const [first = line(""), ...more] = rowLines(row, drawing);
    // The mark is for terminals without colours.
    const mark = { text: isChosen ? "▸ " : " ".repeat(MARK) };
    return [
      { spans: [mark, ...first.spans], chosen: isChosen },
      ...more.map(({ spans }) => fitLine({ spans: [{ text: " ".repeat(MARK) }, ...spans] }, place.width)),
    ];
  });
}
