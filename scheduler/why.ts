import { type Candidate, type Capacity, type Running, refusal } from "./schedule.ts";

/**
 * Why a ready package does not start: one sentence. "Could a drone ever build it" and "could one now" are kept apart.
 */
export function whyReadyWaits(
  candidate: Candidate,
  drones: readonly Capacity[],
  running: readonly Running[],
  now: number,
): string {
  if (candidate.notBefore > now) {
    return `waits ${Math.ceil((candidate.notBefore - now) / 1000)} s more after a failure of the infrastructure`;
  }
  if (drones.length === 0) return "no drone takes part in the run: start one with `swarm drone`";
  const reasons = drones.map((drone) => ({ name: drone.name, reason: refusal(drone, candidate, running) }));
  if (reasons.some((r) => r.reason === null)) return "ready: starts now";
  const list = reasons.map((r) => `${r.name} ${r.reason}`).join("; ");
  return reasons.some((r) => r.reason === "full")
    ? `ready, but every drone that could build it is full (${list})`
    : `ready, but no drone can build it now: ${list}`;
}
