import type { SchedulerDrone } from "./drone.ts";

/** What builds where. A package builds on one drone, or on two where a copy was begun: the older build first. */
export class Running {
  readonly #on = new Map<number, SchedulerDrone[]>();

  get size(): number {
    return this.#on.size;
  }

  has(index: number): boolean {
    return this.#on.has(index);
  }

  /** Drones that build the package, the older build's first. */
  on(index: number): readonly SchedulerDrone[] {
    return this.#on.get(index) ?? [];
  }

  add(index: number, drone: SchedulerDrone): void {
    this.#on.set(index, [...this.on(index).filter((d) => d !== drone), drone]);
  }

  /** Ends its builds, or only the one on the drone so named. */
  end(index: number, now: number, name?: string): void {
    const left = this.on(index).filter((drone) => {
      if (name !== undefined && drone.capacity.name !== name) return true;
      drone.end(index, now);
      return false;
    });
    if (left.length === 0) this.#on.delete(index);
    else this.#on.set(index, left);
  }

  /** Core-seconds that each package's older build should have used by now, by index. */
  progress(now: number): Map<number, number> {
    const used = new Map<number, number>();
    for (const [index, drones] of this.#on) {
      const [older] = drones;
      older?.advance(now);
      used.set(index, older?.usedBy(index) ?? 0);
    }
    return used;
  }
}
