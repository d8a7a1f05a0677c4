import type { AttemptView } from "../../model/run.ts";
import type { Start } from "../../scheduler/scheduler.ts";
import type { Move } from "../../scheduler/terms.ts";
import type { Delegation } from "./delegations.ts";
import { note } from "./runHead.ts";
import type { RunParts } from "./runParts.ts";

/** A build that is begun anew elsewhere. */
export interface Relocation {
  /** Must end; null where it goes on beside its copy. */
  stopped: Delegation | null;
  started: Delegation;
}

type Building = Pick<RunParts, "head" | "records" | "delegations" | "placement">;

/** Takes a build as started. */
export function delegate({ records, delegations, placement }: Building, start: Start, now: number): Delegation {
  const record = records.at(start.index);
  const attempt = (record.attempts.at(-1)?.attempt ?? 0) + 1;
  record.state = "delegated";
  record.attempts.push({ attempt, drone: start.drone, jobs: start.jobs, startedAt: now });
  records.changed(start.index);
  const delegation = {
    ...start,
    cpv: records.cpv(start.index),
    attempt,
    alone: record.memoryFailures > 0,
    tail: Math.round(placement.tailOf(start.index)),
    startedAt: now,
  };
  delegations.add(delegation);
  return delegation;
}

/**
 * Begins a build anew on another drone. Null where it does not run there any more.
 * @param copy the old one goes on: the first that is done counts.
 */
export function moveBuild(run: Building, move: Move, now: number, copy: boolean): Relocation | null {
  const { index, from, drone, jobs, here, there } = move;
  const old = run.delegations.of(index).find((d) => d.drone === from);
  if (!old) return null;
  const started = delegate(run, { index, drone, jobs }, now);
  if (copy) {
    const attempt = attemptOf(run, started);
    if (attempt) attempt.copyOf = old.attempt;
    run.placement.copied(started, now);
  } else {
    supersede(run, old, started, now);
    run.placement.moved(started, now);
  }
  const sooner = `${minutes(there)} there, ${minutes(here)} on ${from}`;
  note(run.head, `${old.cpv} ${copy ? "is copied" : "moves"} to ${drone}: ${sooner}`, now);
  return { stopped: copy ? null : old, started };
}

/** A build that nobody waits for any more, since another one is. */
export function supersede(run: Building, old: Delegation, by: Delegation, now: number): void {
  run.delegations.remove(old);
  const attempt = attemptOf(run, old);
  if (!attempt) return;
  attempt.endedAt = now;
  attempt.supersededBy = by.attempt;
}

/** What is told of a build. */
export function attemptOf({ records }: Building, { index, attempt }: Delegation): AttemptView | undefined {
  return records.at(index).attempts.find((each) => each.attempt === attempt);
}

/** That attempt, if the run waits for it. */
export function currentBuild({ records, delegations }: Building, cpv: string, attempt: number): Delegation | undefined {
  const index = records.indexOf(cpv);
  return index === undefined ? undefined : delegations.of(index).find((d) => d.attempt === attempt);
}

const minutes = (seconds: number): string => `${Math.max(1, Math.round(seconds / 60))} min`;
