import type { DroneShare, DroneSyncReport, DroneView } from "../../model/fleet.ts";
import type { Capacity } from "../../model/outlook.ts";
import { exclusion, isUsual, type Needs } from "../../scheduler/limits.ts";

/** A drone's part in a run. */
export interface RunDroneRecord {
  name: string;
  cores: number;
  slots: number;
  /** Bytes for builds; this and what follows is absent in runs of earlier versions. */
  memoryBytes?: number;
  /** For builds, with what those of now have taken. Bytes */
  diskBytes?: number;
  /** Jobs of one build, at most. */
  maxJobs?: number;
  speed?: number;
  linkBytesPerSecond?: number;
  /** Of its cores, those that others keep busy. */
  busyCores?: number;
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
  /** What of it the run may use beside other runs; absent: all of it. */
  share?: DroneShare;
}

type Room = Pick<Capacity, "cores" | "slots" | "memoryBytes" | "diskBytes">;

const GIB = 2 ** 30;

/** Part of a drone's cores that counts whatever others do there: they share with its builds, and may stop at any time. */
const LEAST_FREE = 0.5;

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
  /** Whether any drone excludes something: asked for each package. */
  #choosy = false;
  #limits = "";

  constructor(saved: RunDroneRecord[] = []) {
    this.#drones = new Map(saved.map((drone) => [drone.name, drone]));
    this.#noteLimits();
  }

  #noteLimits(): void {
    this.#choosy = this.all().some(isChoosy);
    this.#limits = JSON.stringify(
      // Estimates are in whole GiB, and a disk fills and empties all the time.
      this.all().map(({ name, exclude, only, memoryBytes, diskBytes }) => {
        return [name, exclude, only, memoryBytes, diskBytes === undefined ? null : Math.floor(diskBytes / GIB)];
      }),
    );
  }

  /** Changes whenever what `excluding` answers may have changed. */
  get limits(): string {
    return this.#limits;
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
        // Drones of earlier versions do not say what their builds have taken: counted once more, that is on the safe side.
        diskBytes: view.facts.diskForBuildsBytes ?? Math.max(0, view.facts.diskFreeBytes - view.facts.lowDiskBytes),
        ...(view.facts.maxJobs !== undefined && { maxJobs: view.facts.maxJobs }),
        speed: view.facts.speed ?? 1,
        ...(view.facts.linkBytesPerSecond !== undefined && { linkBytesPerSecond: view.facts.linkBytesPerSecond }),
        ...(view.facts.busyCores !== undefined && { busyCores: view.facts.busyCores }),
        exclude: view.facts.exclude ?? [],
        only: view.facts.only ?? [],
        online,
        paused: view.paused,
        grounded: view.grounded,
        state: known === undefined || back ? "unsynced" : known.state,
        reason: back ? null : (known?.reason ?? null),
        report: known?.report ?? null,
        ...(view.share ? { share: view.share } : {}),
      });
    }
    const names = new Set(views.map((view) => view.facts.name));
    for (const drone of this.#drones.values()) {
      if (names.has(drone.name)) continue;
      drone.online = false;
      delete drone.share;
    }
    this.#noteLimits();
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

  /**
   * The drones that could never build a package, by their configuration, their memory or the room on their disk, with the
   * reason.
   */
  excluding(cpv: string, needs: Needs): [drone: string, reason: string][] {
    if (isUsual(needs) && !this.#choosy) return [];
    return this.all().flatMap((drone): [string, string][] => {
      const reason = exclusion(drone, cpv, needs);
      return reason === null ? [] : [[drone.name, reason]];
    });
  }

  /** As the scheduler counts with them. A drone without a slot for the run is full, not unusable: that passes. */
  capacities(): Capacity[] {
    return this.all().map((d) => ({
      ...{ name: d.name, speed: d.speed ?? 1, ...roomOf(d), unusable: unusable(d) },
      ...(d.linkBytesPerSecond !== undefined && { linkBytesPerSecond: d.linkBytesPerSecond }),
      ...(d.maxJobs !== undefined && { maxJobs: d.maxJobs }),
      ...(isChoosy(d) && { exclude: d.exclude ?? [], only: d.only ?? [] }),
    }));
  }

  /** The scheduler's reason against a drone in words that are true beside other runs: it knows the run's share only. */
  refusalInWords(name: string, refusal: string | null): string | null {
    const share = this.#drones.get(name)?.share;
    if (refusal !== "full" || share === undefined || share.part === 1) return refusal;
    return share.slots === 0 ? "is used by another run" : "is full: the rest of it is used by another run";
  }

  /** Whether there are other runs: the fleet must know then how much this one wants. */
  get isShared(): boolean {
    return this.all().some(({ share }) => share !== undefined);
  }

  /** Builds at once on all drones that are there, whoever's. */
  slots(): number {
    return this.all().reduce((sum, { online, slots }) => sum + (online ? slots : 0), 0);
  }
}

/** So much of a drone's cores a run counts with at least where another run builds there too. */
const LEAST_PART = 0.5;

/** What a run may use of a drone: beside other runs its part. The scheduler does not see the others' builds. */
function roomOf({ cores: all, busyCores = 0, slots, memoryBytes, diskBytes, share }: RunDroneRecord): Room {
  const cores = Math.max(1, Math.ceil(all * LEAST_FREE), all - Math.floor(busyCores));
  const { part } = share ?? { part: 1 };
  const room = {
    memoryBytes: memoryBytes === undefined ? null : Math.floor(memoryBytes * part),
    ...(diskBytes === undefined ? {} : { diskBytes: Math.floor(diskBytes * part) }),
  };
  if (!share) return { cores, slots, ...room };
  return {
    // A build keeps its jobs to its end, and the kernel shares what both runs have there by urgency.
    cores: share.slots === 0 ? cores : Math.max(1, Math.round(cores * Math.max(LEAST_PART, part))),
    slots: share.slots,
    ...room,
  };
}

const isChoosy = ({ exclude = [], only = [] }: RunDroneRecord): boolean => exclude.length + only.length > 0;

/** A drone's state in the words of the screens. */
export function shownState({ online, state }: RunDroneRecord): "verified" | "syncing" | "stale" | "away" {
  if (!online) return "away";
  return state === "unsynced" ? "syncing" : state;
}

/** Why the run has no use of it now, in the words of the screens. @param building whether the run has anything to build. */
export function shownReason({ grounded, reason, share }: RunDroneRecord, building: boolean): string | null {
  return grounded ?? reason ?? (building && share?.slots === 0 ? "used by another run" : null);
}

function unusable(drone: RunDroneRecord): string | null {
  if (!drone.online) return "is away";
  if (drone.grounded !== null) return `is grounded: ${drone.grounded}`;
  if (drone.paused) return "is paused";
  if (drone.state === "stale") return `is STALE: ${drone.reason ?? "its tree differs"}`;
  if (drone.state !== "verified") return "is syncing";
  return null;
}
