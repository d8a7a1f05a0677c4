import { type MonitorState, PANES, type Pane } from "../state.ts";

/** The screen of a terminal. Characters */
export interface Size {
  columns: number;
  rows: number;
}

/** What the screen needs at least. */
export const SMALLEST: Size = { columns: 80, rows: 24 };
/** Whether a terminal has no room for the screen: what it would ask cannot be seen. */
export const isTooSmall = ({ columns, rows }: Size): boolean => columns < SMALLEST.columns || rows < SMALLEST.rows;

/** From here on two columns of panes are easier to read than one. */
const TWO_COLUMNS = 130;
/** Title and the least of a body. Rows */
const LEAST = 4;

/** Where a pane is, with its title. */
export interface Place {
  pane: Pane;
  column: 0 | 1;
  width: number;
  height: number;
}

/** The panes that are shown: a log takes the place of the events, and of the packages where there is no room beside. */
export function panesShown(state: MonitorState, { columns }: Size): Pane[] {
  const isWide = columns >= TWO_COLUMNS;
  return PANES.filter((pane) => {
    if (pane === "log") return state.log !== null;
    if (pane === "events") return state.log === null;
    return pane === "drones" || isWide || state.log === null;
  });
}

/**
 * Shares the rows among the panes: each has its least, then what it has rows for, in turn, the drones and the one with the
 * focus more often; what is left goes to the last one of a column.
 * @param wanted rows that each would fill, without its title
 */
export function arrange(state: MonitorState, size: Size, rows: number, wanted: Record<Pane, number>): Place[] {
  const shown = panesShown(state, size);
  const isWide = size.columns >= TWO_COLUMNS;
  const left = Math.floor((size.columns - 1) / 2);
  const columnOf = (pane: Pane): 0 | 1 => (isWide && (pane === "events" || pane === "log") ? 1 : 0);
  return ([0, 1] as const).flatMap((column) => {
    const panes = shown.filter((pane) => columnOf(pane) === column);
    const heights = share(panes, rows, wanted, state.focus);
    const width = !isWide ? size.columns : column === 0 ? left : size.columns - left - 1;
    return panes.map((pane, index): Place => ({ pane, column, width, height: heights[index] ?? 0 }));
  });
}

function share(panes: readonly Pane[], rows: number, wanted: Record<Pane, number>, focus: Pane): number[] {
  const heights = panes.map(() => LEAST);
  let left = rows - LEAST * panes.length;
  for (let given = true; given && left > 0; ) {
    given = false;
    for (const [index, pane] of panes.entries()) {
      const turns = (pane === "drones" ? 2 : 1) + (pane === focus ? 1 : 0);
      for (let turn = 0; turn < turns; turn++) {
        if (left <= 0 || (heights[index] ?? 0) > wanted[pane]) break;
        heights[index] = (heights[index] ?? 0) + 1;
        left--;
        given = true;
      }
    }
  }
  const last = heights.length - 1;
  heights[last] = (heights[last] ?? 0) + left;
  return heights;
}
