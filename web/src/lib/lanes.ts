import type { Bar } from "../../../model/timeline.ts";

/** A bar in its row of a drone's lane. */
export interface PlacedBar {
  bar: Bar;
  row: number;
}

/** What a drone built, in rows: as many as it had builds at once. */
export interface Lane {
  drone: string;
  rows: number;
  bars: PlacedBar[];
}

/** Bars in the first row that is free at their start. `now` (ms) ends what still runs. */
export function toLanes(bars: readonly Bar[], drones: readonly string[], now: number): Lane[] {
  const byDrone = new Map<string, Bar[]>(drones.map((drone) => [drone, []]));
  for (const bar of bars) {
    const own = byDrone.get(bar.drone);
    if (own) own.push(bar);
    else byDrone.set(bar.drone, [bar]);
  }
  return [...byDrone].map(([drone, own]) => {
    const ends: number[] = [];
    const placed = own
      .toSorted((a, b) => a.start - b.start)
      .map((bar) => {
        const free = ends.findIndex((end) => end <= bar.start);
        const row = free === -1 ? ends.length : free;
        ends[row] = bar.end ?? Math.max(now, bar.start);
        return { bar, row };
      });
    return { drone, rows: Math.max(1, ends.length), bars: placed };
  });
}
