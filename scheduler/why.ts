/**
 * Why a ready package does not start: one sentence. "Could a drone ever build it" and "could one now" are kept apart.
 * @param refusals of each drone that takes part in the run: why it cannot take the package now, or null.
 */
export function whyReadyWaits(
  refusals: readonly { name: string; reason: string | null }[],
  notBefore: number,
  now: number,
): string {
  if (notBefore > now)
    return `waits ${Math.ceil((notBefore - now) / 1000)} s more after a failure of the infrastructure`;
  if (refusals.length === 0) return "no drone takes part in the run: start one with `swarm drone`";
  if (refusals.some((r) => r.reason === null)) return "ready: starts now";
  const list = refusals.map((r) => `${r.name} ${r.reason}`).join("; ");
  return refusals.some((r) => r.reason === "full")
    ? `ready, but every drone that could build it is full (${list})`
    : `ready, but no drone can build it now: ${list}`;
}

/** Why no drone that takes part could ever build a package: one sentence. */
export function neverBuilt(barred: readonly (readonly [drone: string, reason: string])[]): string {
  return `no drone could ever build it: ${barred.map(([drone, reason]) => `${drone} ${reason}`).join("; ")}`;
}
