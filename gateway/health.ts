import type { Health } from "../model/health.ts";

/** So many failures in a row put a service out, so many successes bring it back. */
export const FAILURES_OUT = 3;
export const SUCCESSES_IN = 2;
/** Checks of what is out become rarer up to so many times the interval. */
const MAX_BACKOFF = 8;

export function notYetKnown(now: number): Health {
  return { state: "unknown", streak: 0, failures: 0, reason: null, lastSeen: null, since: now };
}

/**
 * What a check says of a service: one bad moment does not put it out, one good one does not bring it back. The first check
 * of all decides by itself.
 * @param problem null: it answered
 */
export function afterCheck(health: Health, problem: string | null, now: number): Health {
  const isWell = problem === null;
  const failures = isWell ? 0 : health.failures + 1;
  const seen = { failures, reason: problem, lastSeen: isWell ? now : health.lastSeen };
  if (health.state === "unknown") return { ...seen, state: isWell ? "in" : "out", streak: 0, since: now };
  if (isWell === (health.state === "in")) return { ...health, ...seen, streak: 0 };
  const streak = health.streak + 1;
  if (streak < (health.state === "in" ? FAILURES_OUT : SUCCESSES_IN)) return { ...health, ...seen, streak };
  return { ...seen, state: isWell ? "in" : "out", streak: 0, since: now };
}

/** When it is looked at again: rarer and rarer while it is out and does not answer. ms */
export function nextCheckIn({ state, failures }: Health, intervalMs: number): number {
  if (state !== "out" || failures === 0) return intervalMs;
  return intervalMs * Math.min(MAX_BACKOFF, 2 ** Math.max(0, failures - FAILURES_OUT));
}
