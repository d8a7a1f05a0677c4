import type { RunningBuild, Standing } from "../../model/outlook.ts";
import type { Delegation } from "./delegations.ts";
import type { RunParts } from "./runParts.ts";

/** What a look ahead needs to know of a run: what is left, without all that was done. */
export function standing(
  { records, delegations, placement, drones, outlook, limits }: RunParts,
  now: number,
): Standing {
  const used = placement.progress(now);
  const capacities = drones.capacities();
  const positions = records.in("needed", "delegated");
  const at = new Map(positions.map((index, position) => [index, position]));
  const first = delegations.all().filter((d) => delegations.of(d.index)[0] === d);
  outlook.asked({ ...records.left(), drones: capacities }, positions, now);
  return {
    graph: placement.left(positions),
    ...{ received: [], given: [], drones: capacities },
    running: first.map((d) => ({ ...pick(d), index: at.get(d.index) ?? -1, used: used.get(d.index) ?? 0 })),
    ...(limits ? { limits } : {}),
  };
}

const pick = ({ index, drone, jobs, tail }: Delegation): Omit<RunningBuild, "used"> => ({ index, drone, jobs, tail });
