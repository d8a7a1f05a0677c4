import type { BuildLimits } from "../../model/limits.ts";
import type { Delegations } from "./delegations.ts";
import type { MassFailure } from "./massFailure.ts";
import type { Orders } from "./orders.ts";
import type { OutlookState } from "./outlook.ts";
import type { Placement } from "./placement.ts";
import type { PackageRecords } from "./records.ts";
import type { RunDrones } from "./runDrones.ts";
import type { RunHead } from "./runHead.ts";

/** What a run is made of. */
export interface RunParts {
  head: RunHead;
  /** Anew with the plan, like `placement`. */
  records: PackageRecords;
  readonly delegations: Delegations;
  readonly drones: RunDrones;
  placement: Placement;
  readonly outlook: OutlookState;
  readonly mass: MassFailure;
  readonly limits: BuildLimits | undefined;
  readonly orders: Orders;
  /** CPVs that an operator put first. */
  prioritized: string[];
}
