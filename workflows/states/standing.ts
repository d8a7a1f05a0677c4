import type { RunningBuild, Standing } from "../../model/outlook.ts";
import type { Delegation } from "./delegations.ts";
import { firstOf } from "./priorities.ts";
import type { RunParts } from "./runParts.ts";

/** What a look ahead needs to know of a run: what is left, without all that was done. */
export function standing(run: RunParts, now: number): Standing {
  const { records, delegations, placement, drones, outlook, limits } = run;
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
    ...firstAmong(run, at),
    ...failedAmong(run, positions),
  };
}

/** @param at positions by index of what is left. */
function firstAmong(run: RunParts, at: ReadonlyMap<number, number>): Pick<Standing, "first"> {
  const first = [...firstOf(run)].flatMap((index) => at.get(index) ?? []);
  return first.length > 0 ? { first } : {};
}

/** @param left indexes. */
function failedAmong({ records }: RunParts, left: readonly number[]): Pick<Standing, "failed"> {
  const positions = new Map<string, number[]>();
  for (const [position, index] of left.entries()) {
    for (const drone of records.at(index).excluded) {
      positions.set(drone, [...(positions.get(drone) ?? []), position]);
    }
  }
  if (positions.size === 0) return {};
  return { failed: [...positions].map(([drone, its]) => ({ drone, positions: its })) };
}

const pick = ({ index, drone, jobs, tail }: Delegation): Omit<RunningBuild, "used"> => ({ index, drone, jobs, tail });
