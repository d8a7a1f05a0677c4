import type { Capacity, Outlook } from "../../model/outlook.ts";
import type { RunView } from "../../model/run.ts";

/** Not asked again within this time. ms */
const INTERVAL_MS = 60_000;
/** Asked again when so large a part of what was left then is done: errors of estimates have added up. */
const PART = 0.2;
/** With so many packages a look takes many seconds of processor time. */
const LARGE = 3_000;
const PART_OF_LARGE = 0.5;

/** How many packages are left, and who builds them. */
interface Situation {
  packages: number;
  drones: readonly Capacity[];
}

/** What a run that continues as new takes along of its outlook. */
export interface SavedOutlook {
  outlook: { seconds: Outlook["seconds"]; asked: number } | null;
  asked: { at: number; left: number; drones: string } | null;
}

/** A run's outlook: when a look ahead is worth its time, and what the last one said. */
export class OutlookState {
  #outlook: SavedOutlook["outlook"];
  #asked: SavedOutlook["asked"];
  /** In the run's graph, of the packages that were asked about last. */
  #positions: readonly number[] = [];

  constructor(saved: SavedOutlook = { outlook: null, asked: null }) {
    this.#outlook = saved.outlook;
    // Of a small rest it is asked again at once: priorities that were found are not taken along.
    this.#asked = saved.asked && saved.asked.left > LARGE ? saved.asked : null;
  }

  save(): SavedOutlook {
    return { outlook: this.#outlook, asked: this.#asked };
  }

  /** Whether it may be asked for at all now. @param left packages. */
  isTime(left: number, now: number): boolean {
    return left >= 2 && (this.#asked === null || now - this.#asked.at >= INTERVAL_MS);
  }

  isWanted(situation: Situation): boolean {
    if (usable(situation) === "") return false;
    const last = this.#asked;
    if (last === null) return true;
    const { packages } = situation;
    const part = packages > LARGE ? PART_OF_LARGE : PART;
    return packages < last.left * (1 - part) || packages > last.left || usable(situation) !== last.drones;
  }

  /** @param positions in the run's graph of the packages that are asked about. */
  asked(situation: Situation, positions: readonly number[], now: number): void {
    this.#asked = { at: now, left: situation.packages, drones: usable(situation) };
    this.#positions = positions;
  }

  /** The factors on priorities that an outlook gives, by position in the run's graph. */
  bias({ bias }: Outlook, size: number): Float64Array | null {
    if (!bias) return null;
    const all = new Float64Array(size).fill(1);
    this.#positions.forEach((index, position) => {
      all[index] = bias[position] ?? 1;
    });
    return all;
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
