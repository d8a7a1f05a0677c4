import { Warmth } from "../../scheduler/warmth.ts";
import type { PackageRecord } from "./attempts.ts";
import type { PackageRecords } from "./records.ts";

const MIB = 2 ** 20;

/** Keeps an artifact's size in whole MiB, and nothing of less: there may be many thousand records. */
export function noteSize(record: PackageRecord, bytes: number): void {
  const mib = Math.round(bytes / MIB);
  if (mib > 0) record.mib = mib;
}

/** What the drones of a run have at hand by its records. */
export function warmthOf(records: PackageRecords): Warmth {
  const warmth = new Warmth(records.graph);
  for (const index of records.in("received")) noteReceived(warmth, index, records.at(index));
  for (const index of records.indexes()) {
    for (const { drone } of records.at(index).attempts) warmth.started(index, drone);
  }
  return warmth;
}

/** A package was received: the drone whose attempt succeeded has it. */
export function noteReceived(warmth: Warmth, index: number, { attempts, mib = 0 }: PackageRecord): void {
  const last = attempts.findLast((a) => a.endedAt !== undefined && !a.failure && a.supersededBy === undefined);
  if (last) warmth.built(index, last.drone, mib * MIB);
}
