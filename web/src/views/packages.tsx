import { useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { PACKAGE_MARKS } from "../../../model/marks.ts";
import type { PackageView } from "../../../model/run.ts";
import { duration } from "../../../model/words.ts";
import { filterRows, type PackageRow, SORTS, type Sort, sortRows, spent, toRow } from "../lib/packageList.ts";
import { Empty, PackageLink, StateChip } from "../parts/common.tsx";
import { VirtualTable } from "../parts/virtualTable.tsx";
import { STATE_ORDER } from "../parts/words.ts";
import { now, timeNow } from "../state/clock.ts";
import { packages, run } from "../state/live.ts";
import { refine, route } from "../state/router.ts";

/** Rows of views that have not changed are made once. */
const known = new WeakMap<PackageView, PackageRow>();

function rowOf(view: PackageView): PackageRow {
  const row = known.get(view) ?? toRow(view);
  known.set(view, row);
  return row;
}

const COLUMNS: [sort: Sort, word: string][] = [
  ["package", "Package"],
  ["state", "State"],
  ["drone", "Drone"],
  ["attempts", "Attempts"],
  ["time", "Time"],
];

/** All packages of the run: filter, search, sort. */
export function PackagesView() {
  const rows = useComputed(() => Array.from(packages.value.values(), rowOf));
  const { query } = route.value;
  const state = STATE_ORDER.find((name) => name === query.get("state")) ?? null;
  const search = query.get("q") ?? "";
  const sort = SORTS.find((name) => name === query.get("sort")) ?? "package";
  const descending = query.get("order") === "down";
  const all = rows.value;
  const sorted = useMemo(() => sortRows(all, sort, descending, timeNow()), [all, sort, descending]);
  const chosen = useMemo(() => filterRows(sorted, state, search), [sorted, state, search]);
  const change = (to: { state?: string | null; q?: string | null; sort?: Sort; order?: "down" | null }) => {
    const before = { state, q: search || null, sort, order: descending ? "down" : null };
    const { sort: by, ...rest } = { ...before, ...to };
    refine({ ...rest, sort: by === "package" ? null : by });
  };
  const counts = run.value?.counts;
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Packages</h1>
        <span class="muted" role="status">
          {chosen.length === all.length ? `${all.length} in this run` : `${chosen.length} of ${all.length}`}
        </span>
      </div>
      <search class="filters">
        <label class="grow">
          <span class="visually-hidden">Search packages</span>
          <input
            type="search"
            placeholder="Search name, drone or reason…"
            value={search}
            onInput={(event) => change({ q: event.currentTarget.value || null })}
          />
        </label>
        <fieldset class="segments">
          <legend class="visually-hidden">State</legend>
          <button type="button" aria-pressed={state === null} onClick={() => change({ state: null })}>
            All
          </button>
          {STATE_ORDER.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={state === name}
              onClick={() => change({ state: state === name ? null : name })}
            >
              <span class={`swatch ${name}`} aria-hidden="true" />
              {PACKAGE_MARKS[name].word}
              {counts && <span class="muted"> {counts[name]}</span>}
            </button>
          ))}
        </fieldset>
      </search>
      {chosen.length === 0 ? (
        <Empty>{all.length === 0 ? "The plan is not made yet, or there is no run." : "No package is like that."}</Empty>
      ) : (
        <VirtualTable
          label="Packages"
          rows={chosen}
          keyOf={({ cpv }) => cpv}
          head={
            <tr>
              {COLUMNS.map(([name, word]) => (
                <th
                  key={name}
                  scope="col"
                  class={name}
                  aria-sort={sort === name ? (descending ? "descending" : "ascending") : undefined}
                >
                  <button
                    type="button"
                    class="quiet"
                    onClick={() => change({ sort: name, order: sort === name && !descending ? "down" : null })}
                  >
                    {word}
                    <span aria-hidden="true">{sort === name ? (descending ? " ↓" : " ↑") : ""}</span>
                  </button>
                </th>
              ))}
            </tr>
          }
          cells={(row) => <Cells row={row} />}
        />
      )}
    </>
  );
}

function Cells({ row }: { row: PackageRow }) {
  return (
    <>
      <td class="package">
        <PackageLink cpv={row.cpv} />
      </td>
      <td class="state">
        <StateChip state={row.state} />
      </td>
      <td class="drone">{row.drone}</td>
      <td class="attempts number">{row.attempts || ""}</td>
      <td class="time number">
        <Spent row={row} />
      </td>
    </>
  );
}

function Spent({ row }: { row: PackageRow }) {
  // What runs is drawn each second; what has ended is not.
  const time = spent(row, row.endedAt === null ? now.value : 0);
  return <>{time === null ? "" : duration(time)}</>;
}
