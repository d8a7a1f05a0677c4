import type { GraphPackage } from "../packageGraph.ts";
import type { Policy, SimDrone, SimPackage } from "../simulate.ts";
import { remainingPaths } from "../swarmPolicy.ts";
import { secondsOn } from "../work.ts";
import { crudeSharing } from "./crudeSharing.ts";
import { fixedSlots, slotsOfFour, wholeDrone } from "./fixedSlots.ts";
import { portageRule } from "./portage.ts";

/** What a yardstick may know: estimates, not the truth. */
interface Known {
  packages: readonly SimPackage[];
  drones: readonly SimDrone[];
  reaches: readonly Pick<GraphPackage, "reaches">[];
}

const inMergeOrder = (): number => 0;

function byCriticalPath({ packages, drones }: Known): (index: number) => number {
  const remaining = remainingPaths(packages, biggest(drones));
  return (index) => remaining[index] ?? 0;
}

const biggest = (drones: readonly SimDrone[]): number => Math.max(...drones.map((d) => d.cores));

/** The usual ways to spread packages over machines: what the swarm's own scheduler is measured against. */
export const YARDSTICKS = {
  /** One package per drone with all its cores. */
  "merge-order": ({ drones }: Known): Policy => fixedSlots({ drones, slotsOf: wholeDrone, priority: inMergeOrder }),
  "critical-path": (known: Known): Policy =>
    fixedSlots({ drones: known.drones, slotsOf: wholeDrone, priority: byCriticalPath(known) }),
  /** Slots of four cores each. */
  "slots-of-four": ({ drones }: Known): Policy => fixedSlots({ drones, slotsOf: slotsOfFour, priority: inMergeOrder }),
  "slots-critical-path": (known: Known): Policy =>
    fixedSlots({ drones: known.drones, slotsOf: slotsOfFour, priority: byCriticalPath(known) }),
  portage: ({ reaches, drones }: Known): Policy => portageRule(reaches, drones),
  "crude-sharing": (known: Known): Policy => {
    const remaining = byCriticalPath(known);
    const cores = biggest(known.drones);
    const own = (i: number): number =>
      secondsOn(known.packages[i]?.estimate ?? { work: 0, serial: 0, width: 1 }, cores);
    return crudeSharing(known.drones, remaining, (i) => remaining(i) - own(i));
  },
} satisfies Record<string, (known: Known) => Policy>;

export type Yardstick = keyof typeof YARDSTICKS;
