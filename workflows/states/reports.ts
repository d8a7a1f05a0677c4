import type { BuildFailure } from "../../model/failures.ts";
import type { PackageReport } from "../messages.ts";
import { applyFailure, unblockedRecord } from "./attempts.ts";
import { block, unblock } from "./blocking.ts";
import { attemptOf, currentBuild, supersede } from "./builds.ts";
import type { Delegation } from "./delegations.ts";
import { isShared } from "./massFailure.ts";
import { note, pause } from "./runHead.ts";
import type { RunParts } from "./runParts.ts";
import { noteSize } from "./warm.ts";

/** What the workflow must do after a report. */
export interface ReportEffects {
  /** Drones that get a strike, with the reason. */
  strikes: { drone: string; reason: string }[];
  /** Drones whose strikes of late were nobody's fault. */
  forgive: string[];
  /** Builds that nobody waits for any more. */
  cancel: Delegation[];
}

/** Who pauses a run in which everything fails. */
const SWARM = "the swarm";

/** Takes a child's report. A report of an attempt that the run does not wait for is of the past: noted, without effect. */
export function takeReport(run: RunParts, report: PackageReport, now: number): ReportEffects {
  const effects: ReportEffects = { strikes: [], forgive: [], cancel: [] };
  const delegation = currentBuild(run, report.cpv, report.attempt);
  if (!delegation) {
    if (report.cancelled) return effects;
    note(run.head, `late report of ${report.cpv} (attempt ${report.attempt} on ${report.drone}): discarded`, now);
    return effects;
  }
  const { records, placement } = run;
  const { index, drone } = delegation;
  run.delegations.remove(delegation);
  placement.ended(index, now, drone);
  const record = records.at(index);
  const attempt = attemptOf(run, delegation);
  if (attempt) attempt.endedAt = now;
  if (report.artifact) {
    record.state = "received";
    noteSize(record, report.artifact.size);
    records.changed(index);
    dropOthers(run, delegation, now, effects);
    placement.received(index);
    run.mass.succeeded();
  } else if (report.failure) {
    if (attempt) {
      attempt.failure = report.failure;
      records.lines.add(attempt);
    }
    fail(run, delegation, report.failure, now, effects);
  } else {
    record.state = "needed";
  }
  stillRuns(run, delegation, now, effects);
  records.changed(index);
  placement.changed(index);
  return effects;
}

/** After one of two builds of a package ended without success: the other one goes on, unless the package is given up. */
function stillRuns(run: RunParts, ended: Delegation, now: number, effects: ReportEffects): void {
  const record = run.records.at(ended.index);
  if (run.delegations.of(ended.index).length === 0) return;
  if (record.state === "needed") record.state = "delegated";
  else dropOthers(run, ended, now, effects);
}

/** Ends the other builds of a package. */
function dropOthers(run: RunParts, winner: Delegation, now: number, effects: ReportEffects): void {
  for (const other of run.delegations.of(winner.index)) {
    supersede(run, other, winner, now);
    run.placement.ended(other.index, now, other.drone);
    effects.cancel.push(other);
  }
}

function fail(run: RunParts, delegation: Delegation, failure: BuildFailure, now: number, effects: ReportEffects): void {
  const { head, records, placement, drones } = run;
  const { index, drone } = delegation;
  // Also a lost drone: the fleet may notice later than the build did, and would give it work again until then.
  if (failure.class === "stale" || failure.class === "lost") drones.set(drone, "unsynced", failure.message);
  if (head.paused?.by === SWARM && isShared(failure.class)) {
    // It was under way when the run was paused for what the drones share: that is its cause too.
    records.replace(index, unblockedRecord(records.at(index)));
    return;
  }
  const usable = drones.capacities().filter((d) => d.unusable === null);
  const barred = new Set(placement.barred(index).map(([name]) => name));
  const consequence = applyFailure(records.at(index), drone, failure, now, (excluded) =>
    usable.some((d) => !excluded.includes(d.name) && !barred.has(d.name)),
  );
  if (consequence.strike) effects.strikes.push({ drone, reason: `${delegation.cpv}: ${failure.message}` });
  if (consequence.blocked) block(records, placement, index);
  const shared = run.mass.failed(index, drone, failure.class);
  if (!shared) return;
  unblock(records, placement, shared.packages);
  effects.strikes = [];
  effects.forgive = shared.drones;
  const reason =
    `${shared.packages.length} packages failed on ${shared.drones.length} drones (${shared.drones.join(", ")}) with no ` +
    `success between: something that the drones share is broken. Last: ${delegation.cpv}: ${failure.message}. ` +
    "Look at `swarm logs`, mend it, then: swarm resume";
  pause(head, reason, SWARM, now);
}
