import type { FailureClass } from "../../model/failures.ts";

interface Entry {
  index: number;
  drone: string;
  class: FailureClass;
}

/** This many packages failing on at least two drones, with no success between, is no bad luck with packages. */
const PACKAGES = 5;
const DRONES = 2;

/** Whether a failure of that class could come from something that the drones share. */
export function isShared(kind: FailureClass): boolean {
  return kind === "package" || kind === "drone" || kind === "stale";
}

/**
 * Notices that many drones fail many packages at once: then something that they share is broken (the tree, the
 * configuration, the binhost), and neither packages nor drones are to blame.
 */
export class MassFailure {
  #entries: Entry[];

  constructor(entries: Entry[] = []) {
    this.#entries = entries;
  }

  succeeded(): void {
    this.#entries = [];
  }

  /** Records a failure; returns the diagnosis when it is one too many, else null. */
  failed(index: number, drone: string, kind: FailureClass): { packages: number[]; drones: string[] } | null {
    if (!isShared(kind)) return null;
    this.#entries.push({ index, drone, class: kind });
    const packages = [...new Set(this.#entries.map((e) => e.index))];
    const drones = [...new Set(this.#entries.map((e) => e.drone))];
    if (packages.length < PACKAGES || drones.length < DRONES) return null;
    this.#entries = [];
    return { packages, drones };
  }

  save(): Entry[] {
    return this.#entries;
  }
}
