import { type PackageRecord, unblockedRecord } from "./attempts.ts";
import type { Placement } from "./placement.ts";
import type { PackageRecords } from "./records.ts";

/** A package has failed for good: what needs it, directly or not, is skipped. */
export function block(records: PackageRecords, placement: Placement, index: number): void {
  for (const dependent of placement.dependencies.dependents(index)) {
    const record = records.at(dependent);
    if (record.state !== "needed" || records.isPresent(dependent)) continue;
    record.state = "skipped";
    record.cause = index;
    records.changed(dependent);
    placement.changed(dependent);
  }
  placement.pathsChanged();
}

/** Gives packages another chance, and what they alone kept from being built. */
export function unblock(records: PackageRecords, placement: Placement, indexes: readonly number[]): void {
  const state = (index: number): PackageRecord["state"] => records.at(index).state;
  const wanted = new Set(indexes.filter((index) => !["received", "delegated"].includes(state(index))));
  for (const index of records.indexes()) {
    const record = records.at(index);
    const caused = record.state === "skipped" && record.cause !== null && wanted.has(record.cause);
    if (wanted.has(index) || caused) records.replace(index, unblockedRecord(record));
  }
  // What another failed package still blocks stays skipped.
  for (const index of records.in("failed")) block(records, placement, index);
  for (const index of records.in("needed")) placement.changed(index);
  placement.pathsChanged();
}

/** Unblocks failed packages and returns them. @param names CPVs, or empty for all. */
export function unblockNamed(records: PackageRecords, placement: Placement, names: readonly string[]): string[] {
  const blocked = records.in("failed").filter((index) => names.length === 0 || names.includes(records.cpv(index)));
  unblock(records, placement, blocked);
  return blocked.map((index) => records.cpv(index));
}

/** Forgets waits after infrastructure failures; returns the packages that may start at once by it. */
export function endWaits(records: PackageRecords, placement: Placement): string[] {
  const freed = records.in("needed").filter((index) => records.at(index).notBefore !== 0);
  for (const index of freed) {
    records.at(index).notBefore = 0;
    records.changed(index);
    placement.changed(index);
  }
  return freed.map((index) => records.cpv(index));
}
