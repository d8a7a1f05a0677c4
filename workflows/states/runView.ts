import { fromGraph } from "../../model/estimate.ts";
import { isOver, type PackageView, type RunView } from "../../model/run.ts";
import { neverBuilt, whyReadyWaits } from "../../scheduler/why.ts";
import { secondsOn } from "../../scheduler/work.ts";
import type { WhyAnswer } from "../messages.ts";
import { failedView } from "./failedView.ts";
import { queueOf } from "./queue.ts";
import type { PackageRecords } from "./records.ts";
import { shownReason, shownState } from "./runDrones.ts";
import type { RunParts } from "./runParts.ts";

/** A run as every screen shows it. @param now ms since the epoch. */
export function runView(parts: RunParts, now: number): RunView {
  const { head, records, drones, delegations, prioritized } = parts;
  const queued = parts.orders.all();
  const building = Map.groupBy(delegations.all(), ({ drone }) => drone);
  const first = prioritized.filter((cpv) => records.at(records.indexOf(cpv) ?? 0).state !== "received");
  const found = head.step === "build" ? parts.placement.stuck(drones.all().length) : [];
  const stuck = found.map(({ index, barred }) => ({ cpv: records.cpv(index), why: neverBuilt(barred) }));
  return {
    ...head,
    // Nobody can resume a run that is over.
    paused: isOver(head.step) ? null : head.paused,
    counts: records.counts(),
    ...eta(parts, now),
    ...queueOf(parts, now),
    ...(first.length > 0 ? { prioritized: first } : {}),
    ...(queued.length > 0 ? { queued } : {}),
    drones: drones.all().map((d) => ({
      name: d.name,
      cores: d.cores,
      slots: d.slots,
      ...(d.speed === undefined ? {} : { speed: d.speed }),
      ...(d.memoryBytes === undefined ? {} : { memoryBytes: d.memoryBytes }),
      ...(d.diskBytes === undefined ? {} : { diskBytes: d.diskBytes }),
      ...(d.exclude?.length ? { exclude: d.exclude } : {}),
      ...(d.only?.length ? { only: d.only } : {}),
      state: shownState(d),
      paused: d.paused,
      reason: shownReason(d, head.step === "build" && head.paused === null),
      treeTime: d.report?.treeTime ?? null,
      building: (building.get(d.name) ?? []).map(({ index, cpv, attempt, startedAt, jobs }) => ({
        ...{ cpv, attempt, startedAt, jobs },
        estimateSeconds: Math.round(
          secondsOn(fromGraph(records.graph.packages[index] ?? { estimate: 0 }), jobs) / (d.speed ?? 1),
        ),
      })),
    })),
    ...(stuck.length > 0 ? { stuck } : {}),
    failed: failedView(records),
  };
}

/** Every package that the run builds, in the graph's order. */
export function packageViews({ records }: Pick<RunParts, "records">): PackageView[] {
  return [...records.indexes()].flatMap((index) => packageView(records, index));
}

/** What has changed since a revision of the same records; null, or another number of a plan made anew: all. */
export function packageChanges(
  { records }: Pick<RunParts, "records">,
  since: number | null,
): { revision: number; full: boolean; packages: PackageView[] } {
  const full = since === null || since > records.revision;
  const packages = full
    ? packageViews({ records })
    : records.changedSince(since).flatMap((index) => packageView(records, index));
  return { revision: records.revision, full, packages };
}

function packageView(records: PackageRecords, index: number): PackageView[] {
  const p = records.graph.packages[index];
  if (!p || p.present) return [];
  const { state, attempts, cause } = records.at(index);
  const blamed = cause === null ? {} : { cause: records.cpv(cause) };
  return [{ cpv: p.cpv, state, reason: p.reason ?? "", attempts, ...blamed }];
}

/** For each package named (all that wait, if none): why it is where it is. */
export function whyPackages(parts: RunParts, names: readonly string[], now: number): WhyAnswer[] {
  const { records } = parts;
  const named = new Set(names.flatMap((name) => records.indexOf(name) ?? []));
  const indexes = names.length > 0 ? [...named].sort((a, b) => a - b) : records.in("needed");
  return indexes.map((index) => {
    const present = records.isPresent(index);
    return {
      cpv: records.cpv(index),
      state: present ? "present" : records.at(index).state,
      reason: records.graph.packages[index]?.reason ?? "",
      why: present ? "the snapshot has it" : whyOne(parts, index, now),
    };
  });
}

function whyOne(parts: RunParts, index: number, now: number): string {
  const { records } = parts;
  const { state, attempts, cause } = records.at(index);
  const drones = parts.delegations.of(index).map(({ drone }) => drone);
  switch (state) {
    case "received":
      return `built by ${attempts.findLast((a) => a.endedAt !== undefined && !a.failure && a.supersededBy === undefined)?.drone ?? "a drone"}, waits for finalize`;
    case "delegated":
      return `building on ${drones.join(" and, as a copy, on ")}`;
    case "failed":
      return `blocked: ${attempts.findLast((a) => a.failure)?.failure?.message ?? "its builds failed"}`;
    case "skipped":
      return `blocked by ${cause === null ? "a failed package" : records.cpv(cause)}, which failed`;
    case "needed":
      return whyNotStarted(parts, index, now);
  }
}

function whyNotStarted({ head, records, placement, drones }: RunParts, index: number, now: number): string {
  if (head.paused) return `the run is paused by ${head.paused.by}: ${head.paused.reason}`;
  if (!placement.dependencies.isReady(index)) {
    const open = placement.dependencies.waitsFor(index);
    const building = open.find((i) => records.at(i).state === "delegated");
    const first = building ?? open[0];
    if (first === undefined) return "waits for its dependencies";
    const drone = records.at(first).attempts.at(-1)?.drone;
    const where = building === undefined ? "which waits itself" : `which is building on ${drone ?? "a drone"}`;
    return `needs ${records.cpv(first)}, ${where}${open.length > 1 ? ` (and ${open.length - 1} more)` : ""}`;
  }
  const barred = placement.barred(index);
  if (barred.length > 0 && barred.length === drones.all().length) return neverBuilt(barred);
  const refusals = drones
    .capacities()
    .map(({ name }) => ({ name, reason: drones.refusalInWords(name, placement.refusal(index, name)) }));
  return whyReadyWaits(refusals, records.at(index).notBefore, now);
}

function eta({ head, outlook, placement, drones }: RunParts, now: number): Pick<RunView, "etaSeconds" | "etaRange"> {
  if (head.step !== "build") return { etaSeconds: null, etaRange: null };
  const foreseen = outlook.at(now);
  if (foreseen) return foreseen;
  const { path, work } = placement.rest();
  const cores = drones.capacities().reduce((sum, d) => sum + (d.unusable === null ? d.cores : 0), 0);
  return { etaSeconds: cores === 0 ? null : Math.round(Math.max(work / cores, path)), etaRange: null };
}
