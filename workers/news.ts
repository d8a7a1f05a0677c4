import { diskLevel } from "../model/alerts.ts";
import type { DroneFacts } from "../model/fleet.ts";

/** A change of what was measured is told no more often: each report is stored for good by the engine. ms */
const LEAST_MS = 60_000;
/** Others' load must differ by so many cores. */
const CORES = 1;
/** The link must be so many times faster or slower. */
const FACTOR = 2;
/** Free disk, and that for builds, must have grown or shrunk by so much, and by so large a part of it. Bytes */
const DISK_BYTES = 2 ** 30;
const DISK_PART = 0.25;

/** Judges whether a drone's facts have changed enough to be told to the fleet. */
export class News {
  readonly #lowDiskGib: number;
  #told: DroneFacts | null = null;
  /** In the last look the load differed. */
  #differed = false;

  /** @param lowDiskGib with less free disk an alert begins; 0: none does */
  constructor(lowDiskGib: number) {
    this.#lowDiskGib = lowDiskGib;
  }

  /** The fleet is told this. */
  tell(facts: DroneFacts): void {
    this.#told = facts;
    this.#differed = false;
  }

  /** Whether the fleet is to hear of this: its disk has filled or freed, or what was measured has changed and stays so. */
  isWorthTelling(facts: DroneFacts): boolean {
    const told = this.#told;
    if (told === null) return true;
    const before = this.#differed;
    this.#differed = hasOtherLoad(told, facts);
    if (isLow(facts) !== isLow(told)) return true;
    if (facts.clock - told.clock < LEAST_MS) return false;
    if (hasOtherLink(told, facts) || hasOtherDisk(told, facts)) return true;
    return (before && this.#differed) || this.#isOtherToAlerts(told, facts);
  }

  /** Between the levels nothing begins or ends. */
  #isOtherToAlerts(told: DroneFacts, facts: DroneFacts): boolean {
    const now = diskLevel(facts.diskFreeBytes, this.#lowDiskGib);
    return now !== "near" && now !== diskLevel(told.diskFreeBytes, this.#lowDiskGib);
  }
}

const isLow = ({ diskFreeBytes, lowDiskBytes }: DroneFacts): boolean => diskFreeBytes < lowDiskBytes;

/** What is not known now is no change. */
function hasOtherLoad(told: DroneFacts, { busyCores }: DroneFacts): boolean {
  return busyCores !== undefined && Math.abs(busyCores - (told.busyCores ?? 0)) >= CORES;
}

function hasOtherLink(told: DroneFacts, { linkBytesPerSecond: now }: DroneFacts): boolean {
  if (now === undefined) return false;
  const { linkBytesPerSecond: before } = told;
  return before === undefined || Math.max(now / before, before / now) > FACTOR;
}

/** What is free counts by itself: alerts have a limit of their own, far above the drone's. */
function hasOtherDisk(told: DroneFacts, facts: DroneFacts): boolean {
  return differs(told.diskForBuildsBytes, facts.diskForBuildsBytes) || differs(told.diskFreeBytes, facts.diskFreeBytes);
}

function differs(before: number | undefined, now: number | undefined): boolean {
  if (before === undefined || now === undefined) return false;
  return Math.abs(now - before) >= Math.max(DISK_BYTES, DISK_PART * before);
}
