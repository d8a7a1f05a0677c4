import type { RunEvent } from "../model/events.ts";
import type { DroneView } from "../model/fleet.ts";
import type { BuildingPackage } from "../model/reading.ts";
import type { PackageState, PackageView, RunDrone } from "../model/run.ts";
import { clean } from "./line.ts";
import type { LogPlace, Shown } from "./source.ts";
import type { MonitorState, Pane } from "./state.ts";

/** One build on a drone. */
export interface BuildRow {
  kind: "build";
  key: string;
  cpv: string;
  attempt: number;
  jobs: number;
  startedAt: number;
  estimateSeconds: number | null;
  progress: BuildingPackage | null;
}

export interface DroneRow {
  kind: "drone";
  key: string;
  drone: DroneView;
  part: RunDrone | undefined;
}

export interface PackageRow {
  kind: "package";
  key: string;
  pkg: PackageView;
}

export interface EventRow {
  kind: "event";
  key: string;
  event: RunEvent;
}

/** What an operator looks for comes first. */
const ORDER: readonly PackageState[] = ["failed", "delegated", "needed", "skipped", "received"];

function matches(filter: string, ...texts: (string | undefined)[]): boolean {
  if (filter === "") return true;
  const wanted = filter.toLowerCase();
  return texts.some((text) => text?.toLowerCase().includes(wanted));
}

/** Each drone, with the builds that it has below it. A drone that matches the filter is shown with all of its builds. */
export function droneRows(shown: Shown, filter: string): (DroneRow | BuildRow)[] {
  const { fleet, run, building } = shown.reading;
  return (fleet?.drones ?? []).flatMap((drone) => {
    const { name } = drone.facts;
    const part = run?.drones.find((each) => each.name === name);
    const isNamed = matches(filter, name);
    const builds = (part?.building ?? [])
      .filter(({ cpv }) => isNamed || matches(filter, cpv))
      .map((build): BuildRow => {
        const progress = building.find(({ cpv, attempt }) => cpv === build.cpv && attempt === build.attempt) ?? null;
        const key = `build ${build.cpv} ${build.attempt}`;
        return { estimateSeconds: null, ...build, kind: "build", key, progress };
      });
    return isNamed || builds.length > 0 ? [{ kind: "drone", key: `drone ${name}`, drone, part }, ...builds] : [];
  });
}

let sorted: { packages: Shown["packages"]; filter: string; rows: PackageRow[] } | null = null;

/** The packages by their state, those of one state in the run's order; with a filter those whose name, state or drone it is in. */
export function packageRows({ packages }: Shown, filter: string, word: Record<PackageState, string>): PackageRow[] {
  // Of 17,000 packages, ten times a second, what has not changed is not sorted again.
  if (sorted?.packages === packages && sorted.filter === filter) return sorted.rows;
  const byState = new Map<PackageState, PackageRow[]>(ORDER.map((state) => [state, []]));
  for (const pkg of packages) {
    if (!matches(filter, pkg.cpv, word[pkg.state], pkg.attempts.at(-1)?.drone)) continue;
    byState.get(pkg.state)?.push({ kind: "package", key: pkg.cpv, pkg });
  }
  const rows = [...byState.values()].flat();
  sorted = { packages, filter, rows };
  return rows;
}

export function eventRows({ events }: Shown, filter: string): EventRow[] {
  const some = filter === "" ? events : events.filter(({ text, drone, by }) => matches(filter, text, drone, by));
  return some.map((event) => ({ kind: "event", key: event.id, event }));
}

export type Row = DroneRow | BuildRow | PackageRow | EventRow;

/** Position of the chosen row: where it is gone, or none was chosen, the first one; of events the last. */
export function chosenIndex(rows: readonly Row[], pane: Exclude<Pane, "log">, state: MonitorState): number {
  const key = state.chosen[pane];
  const index = key === null ? -1 : rows.findIndex((row) => row.key === key);
  if (index >= 0) return index;
  return pane === "events" ? rows.length - 1 : 0;
}

/** The line of a log that tells why its attempt failed, without the spaces around it; null: none does. */
export function errorLineOf({ cpv, attempt }: LogPlace, { packages }: Shown): string | null {
  const attempts = packages.find((each) => each.cpv === cpv)?.attempts;
  const found = attempts?.find((each) => each.attempt === attempt)?.failure?.errorLine;
  return found === undefined ? null : clean(found).trim();
}

/** The attempt that a row is about; a sentence where it is about none. */
export function logOf(row: Row | undefined, shown: Shown): LogPlace | string {
  const run = shown.reading.run?.run;
  if (run === undefined || row === undefined) return "There is nothing chosen that has a log.";
  switch (row.kind) {
    case "build":
      return { run, cpv: row.cpv, attempt: row.attempt };
    case "drone": {
      const [first] = row.part?.building ?? [];
      if (first) return { run, cpv: first.cpv, attempt: first.attempt };
      return `${row.drone.facts.name} builds nothing now. Choose a package, then l.`;
    }
    case "package": {
      const attempt = row.pkg.attempts.at(-1);
      if (attempt) return { run, cpv: row.pkg.cpv, attempt: attempt.attempt };
      return `${row.pkg.cpv} was not started yet. Why it waits: swarm why ${row.pkg.cpv}`;
    }
    case "event": {
      const { cpv, attempt } = row.event;
      if (cpv !== undefined && attempt !== undefined) return { run, cpv, attempt };
      return "This event is not about a build. Choose one that is, or a package.";
    }
  }
}
