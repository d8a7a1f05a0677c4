import type { Capacity, Outlook } from "../../model/outlook.ts";
import type { RunView } from "../../model/run.ts";

/** More than this is not simulated: the rule without looking ahead is within a few percent of the bound there. */
const MOST_PACKAGES = 3_000;
/** Not asked again within this time. ms */
const INTERVAL_MS = 60_000;
/** Asked again when so large a part of what was left then is done: errors of estimates have added up. */
const PART = 0.2;

/** How many packages are left, and who builds them. */
interface Situation {
  packages: number;
  drones: readonly Capacity[];
}

/** A run's outlook: when a look ahead is worth its time, and what the last one said. */
export class OutlookState {
  #outlook: { seconds: Outlook["seconds"]; asked: number } | null = null;
  #asked: { at: number; left: number; drones: string } | null = null;

  /** Whether it may be asked for at all now. @param left packages. */
  isTime(left: number, now: number): boolean {
    return left >= 2 && left <= MOST_PACKAGES && (this.#asked === null || now - this.#asked.at >= INTERVAL_MS);
  }

  isWanted(situation: Situation): boolean {
    if (usable(situation) === "") return false;
    const last = this.#asked;
    if (last === null) return true;
    const { packages } = situation;
    return packages < last.left * (1 - PART) || packages > last.left || usable(situation) !== last.drones;
  }

  asked(situation: Situation, now: number): void {
    this.#asked = { at: now, left: situation.packages, drones: usable(situation) };
  }

  came(outlook: Outlook | null, asked: number): void {
    this.#outlook = outlook === null ? null : { seconds: outlook.seconds, asked };
  }

  /** The outlook as seconds from now. Null without one, and when the run has outlived it. */
  at(now: number): Pick<RunView, "etaSeconds" | "etaRange"> | null {
    if (!this.#outlook) return null;
    const passed = (now - this.#outlook.asked) / 1000;
    const { low, expected, high } = this.#outlook.seconds;
    if (passed >= high) return null;
    const left = (seconds: number): number => Math.max(0, Math.round(seconds - passed));
    return { etaSeconds: left(expected), etaRange: { low: left(low), high: left(high) } };
  }
}

const usable = ({ drones }: Situation): string =>
  drones
    .filter((d) => d.unusable === null && d.slots > 0)
    .map((d) => `${d.name}:${d.cores}`)
    .join(" ");
