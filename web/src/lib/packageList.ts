import type { PackageState, PackageView } from "../../../model/run.ts";

/** One package as a row of the list. */
export interface PackageRow {
  cpv: string;
  state: PackageState;
  reason: string;
  /** Drone of the last attempt. */
  drone: string;
  attempts: number;
  /** ms since the epoch; of the last attempt. */
  startedAt: number | null;
  endedAt: number | null;
  /** What is searched in. */
  text: string;
}

export const SORTS = ["package", "state", "drone", "attempts", "time"] as const;
export type Sort = (typeof SORTS)[number];

const STATE_ORDER: Record<PackageState, number> = { failed: 0, delegated: 1, needed: 2, skipped: 3, received: 4 };

export function toRow(view: PackageView): PackageRow {
  const last = view.attempts.at(-1);
  const drone = last?.drone ?? "";
  return {
    cpv: view.cpv,
    state: view.state,
    reason: view.reason,
    drone,
    attempts: view.attempts.length,
    startedAt: last?.startedAt ?? null,
    endedAt: last?.endedAt ?? null,
    text: `${view.cpv} ${drone} ${view.reason}`.toLowerCase(),
  };
}

/**
 * The rows in another order; equal ones by name. Typing a search only filters what was sorted once.
 * @param now ms since the epoch
 */
export function sortRows(rows: readonly PackageRow[], sort: Sort, descending: boolean, now: number): PackageRow[] {
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => sign * (compare(sort, now, a, b) || byText(a.cpv, b.cpv)));
}

/** The rows of a state (null: of any) that have all words of the search. */
export function filterRows(rows: readonly PackageRow[], state: PackageState | null, search: string): PackageRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) => (state === null || row.state === state) && words.every((word) => row.text.includes(word)),
  );
}

/** ms; what runs counts until now. */
export function spent({ startedAt, endedAt }: PackageRow, now: number): number | null {
  return startedAt === null ? null : Math.max(0, (endedAt ?? now) - startedAt);
}

function compare(sort: Sort, now: number, a: PackageRow, b: PackageRow): number {
  if (sort === "state") return STATE_ORDER[a.state] - STATE_ORDER[b.state];
  if (sort === "drone") return byText(a.drone, b.drone);
  if (sort === "attempts") return a.attempts - b.attempts;
  if (sort === "time") return (spent(a, now) ?? -1) - (spent(b, now) ?? -1);
  return 0;
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
