import type { DroneSyncReport, DroneView } from "../../model/fleet.ts";
import type { Capacity } from "../../model/outlook.ts";
import { matchesPattern } from "../../model/patterns.ts";

/** A drone's part in a run. */
export interface RunDroneRecord {
  name: string;
  cores: number;
  slots: number;
  /** Bytes for builds; this and what follows is absent in runs of earlier versions. */
  memoryBytes?: number;
  speed?: number;
  /** Patterns of packages that it never builds, and of those that it builds at all (none: any). */
  exclude?: string[];
  only?: string[];
  /** The fleet's word: attended, and not grounded. */
  online: boolean;
  paused: boolean;
  grounded: string | null;
  state: "unsynced" | "syncing" | "verified" | "stale";
  reason: string | null;
  report: DroneSyncReport | null;
}

/** Portage, compiler and the rest must agree among the drones of a run; the tree and bundle above all. */
const COMPARED = ["tree", "bundle", "chost", "compiler", "libc", "portage"] as const;

/** What drones must agree on, as one string. */
const identity = (report: DroneSyncReport): string => COMPARED.map((key) => report[key]).join("\n");

/** Which keys of two reports differ, for people: `tree git:ab12 instead of git:cd34`. */
export function differences(report: DroneSyncReport, reference: DroneSyncReport): string | null {
  const found = COMPARED.filter((key) => report[key] !== reference[key]).map(
    (key) => `${key} ${report[key]} instead of ${reference[key]}`,
  );
  return found.length > 0 ? found.join(", ") : null;
}

/** The report that most drones share; among equals the one with the newest tree, then the first by name. */
export function referenceReport(reports: readonly DroneSyncReport[]): DroneSyncReport | null {
  const votes = new Map<string, DroneSyncReport[]>();
  for (const report of reports.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    votes.set(identity(report), [...(votes.get(identity(report)) ?? []), report]);
  }
  const ranked = [...votes.values()].sort(
    (a, b) => b.length - a.length || (b[0]?.treeTime ?? "").localeCompare(a[0]?.treeTime ?? ""),
  );
  return ranked[0]?.[0] ?? null;
}

/** The drones as a run sees them: the fleet's word on each, and whether it was verified for this run. */
export class RunDrones {
  readonly #drones: Map<string, RunDroneRecord>;

  constructor(saved: RunDroneRecord[] = []) {
    this.#drones = new Map(saved.map((drone) => [drone.name, drone]));
  }

  /** Takes over the fleet's view. A drone that was away and is back must be verified again. */
  update(views: readonly DroneView[]): void {
    for (const view of views) {
      if (view.state === "refused") continue;
      const known = this.#drones.get(view.facts.name);
      const online = view.state === "online" || view.state === "suspect";
      const back = online && known !== undefined && !known.online;
      this.#drones.set(view.facts.name, {
        name: view.facts.name,
        cores: Math.min(view.facts.cores, view.facts.coresLimit ?? view.facts.cores),
        slots: view.facts.slots,
        memoryBytes: view.facts.memoryForBuildsBytes ?? view.facts.memoryBytes,
        speed: view.facts.speed ?? 1,
        exclude: view.facts.exclude ?? [],
        only: view.facts.only ?? [],
        online,
        paused: view.paused,
        grounded: view.grounded,
        state: known === undefined || back ? "unsynced" : known.state,
        reason: back ? null : (known?.reason ?? null),
        report: known?.report ?? null,
      });
    }
    const names = new Set(views.map((view) => view.facts.name));
    for (const drone of this.#drones.values()) if (!names.has(drone.name)) drone.online = false;
  }

  /** Drones that could take part: online and not grounded. */
  available(): string[] {
    return [...this.#drones.values()].filter((d) => d.online && d.grounded === null).map((d) => d.name);
  }

  unsynced(): string[] {
    return this.available().filter((name) => this.#drones.get(name)?.state === "unsynced");
  }

  verified(): string[] {
    return this.available().filter((name) => this.#drones.get(name)?.state === "verified");
  }

  set(name: string, state: RunDroneRecord["state"], reason: string | null, report?: DroneSyncReport): void {
    const drone = this.#drones.get(name);
    if (!drone) return;
    drone.state = state;
    drone.reason = reason;
    if (report) drone.report = report;
  }

  all(): RunDroneRecord[] {
    return [...this.#drones.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The drones that may not build a package by their configuration, with the reason. */
  excluding(cpv: string): [drone: string, reason: string][] {
    return this.all().flatMap(({ name, exclude = [], only = [] }): [string, string][] => {
      const pattern = exclude.find((each) => matchesPattern(each, cpv));
      if (pattern !== undefined) return [[name, `excludes ${pattern}`]];
      const misses = only.length > 0 && !only.some((each) => matchesPattern(each, cpv));
      return misses ? [[name, `builds only ${only.join(", ")}`]] : [];
    });
  }

  /** As the scheduler counts with them. */
  capacities(): Capacity[] {
    return this.all().map((d) => ({
      ...{ name: d.name, cores: d.cores, slots: d.slots, speed: d.speed ?? 1, memoryBytes: d.memoryBytes ?? null },
      unusable: unusable(d),
    }));
  }
}

/** A drone's state in the words of the screens. */
export function shownState({ online, state }: RunDroneRecord): "verified" | "syncing" | "stale" | "away" {
  if (!online) return "away";
  return state === "unsynced" ? "syncing" : state;
}

function unusable(drone: RunDroneRecord): string | null {
  if (!drone.online) return "is away";
  if (drone.grounded !== null) return `is grounded: ${drone.grounded}`;
  if (drone.paused) return "is paused";
  if (drone.state === "stale") return `is STALE: ${drone.reason ?? "its tree differs"}`;
  if (drone.state !== "verified") return "is syncing";
  return null;
}
