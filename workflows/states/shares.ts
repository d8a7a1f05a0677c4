import type { DroneShare } from "../../model/fleet.ts";

/** A run that shares the drones, by its workflow's id, and how many builds it could have at once. */
export interface Appetite {
  workflowId: string;
  builds: number;
}

/** What all drones have together is divided into. */
interface Claim extends Appetite {
  slots: number;
}

const NOTHING: DroneShare = { slots: 0, part: 0 };

/**
 * Divides the drones' slots among runs. Max-min fair: who wants little gets it, the others share the rest evenly, and what
 * nobody has asked for is shared evenly by those who build, so that they may grow without asking. Each drone is split in
 * proportion. All slots are given as long as one run is hungry, none twice; each hungry run gets one at least while there
 * are as many. The order of the arguments does not matter.
 * @returns for each run its share of each drone, by names; runs without appetite get none.
 */
export function divide(
  appetites: readonly Appetite[],
  drones: readonly { name: string; slots: number }[],
): Map<string, Map<string, DroneShare>> {
  const sorted = drones.toSorted((a, b) => compare(a.name, b.name));
  const total = sorted.reduce((sum, { slots }) => sum + slots, 0);
  const claims = claimsOf(appetites, total);
  const shares = new Map(appetites.map(({ workflowId }) => [workflowId, new Map<string, DroneShare>()]));
  const credit = claims.map(() => 0);
  for (const { name, slots } of sorted) {
    const given = claims.map(() => 0);
    for (let slot = 0; slot < slots && claims.length > 0; slot++) {
      const next = turn(claims, credit, total);
      given[next] = (given[next] ?? 0) + 1;
    }
    for (const share of shares.values()) share.set(name, NOTHING);
    claims.forEach(({ workflowId }, i) => {
      const own = given[i] ?? 0;
      if (own > 0) shares.get(workflowId)?.set(name, { slots: own, part: own / slots });
    });
  }
  return shares;
}

/** How many slots each hungry run gets in all. */
function claimsOf(appetites: readonly Appetite[], total: number): Claim[] {
  const claims = appetites
    .filter(({ builds }) => builds > 0)
    .map((appetite): Claim => ({ ...appetite, slots: 0 }))
    .toSorted((a, b) => a.builds - b.builds || compare(a.workflowId, b.workflowId));
  let left = total;
  claims.forEach((claim, i) => {
    claim.slots = Math.min(claim.builds, Math.floor(left / (claims.length - i)));
    left -= claim.slots;
  });
  claims.forEach((claim, i) => {
    const more = Math.floor(left / (claims.length - i));
    claim.slots += more;
    left -= more;
  });
  return claims;
}

/**
 * Whose turn it is: over as many turns as there are slots each gets its claim exactly, and between them each is as close
 * to its proportion as whole slots allow.
 */
function turn(claims: readonly Claim[], credit: number[], total: number): number {
  let best = 0;
  claims.forEach(({ slots }, i) => {
    credit[i] = (credit[i] ?? 0) + slots;
    if ((credit[i] ?? 0) > (credit[best] ?? 0)) best = i;
  });
  credit[best] = (credit[best] ?? 0) - total;
  return best;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** An appetite that has fallen to this part of what was told last is told again. */
const LESS = 3 / 8;

/**
 * What a run beside others tells the fleet of its appetite now, or null. Told are powers of two, so that a run under way
 * says it seldom.
 * @param wanted builds that it could have at once.
 * @param said what it told last.
 */
export function appetiteToTell(wanted: number, said: number): number | null {
  if (wanted <= said && wanted > said * LESS) return null;
  const builds = powerOfTwo(wanted);
  return builds === said ? null : builds;
}

/** The least power of two that is not less; 0 of 0. */
export function powerOfTwo(wanted: number): number {
  let power = 1;
  while (power < wanted) power *= 2;
  return wanted === 0 ? 0 : power;
}
