import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { EnrolRequest } from "../model/activities.ts";
import type { AlertsView, ChannelAnswer } from "../model/alerts.ts";
import type { BuildOrder, BuiltArtifact } from "../model/build.ts";
import type { BuildFailure } from "../model/failures.ts";
import type { DroneAction, DroneView, FleetView } from "../model/fleet.ts";
import type { BuildLimits } from "../model/limits.ts";
import type { QueuedOrder } from "../model/orders.ts";
import type { PackageView, RunView } from "../model/run.ts";
import type { TreeSource } from "../model/target.ts";

/** Workflow ids and types. */
export const FLEET_ID = "fleet";
export const worldUpdateId = (target: string): string => `world-update/${target}`;
/** What begins the next run; `number`: the first of a run is 1. */
export const queuedStartId = (run: string, number: number): string => `queued/${run}/${number}`;
export const buildPackageId = (run: string, cpv: string, attempt: number): string => `build/${run}/${cpv}/${attempt}`;

/** What starts a run. */
export interface WorldUpdateInput {
  run: string;
  target: string;
  atoms: string[];
  trees: TreeSource[];
  binhost: string;
  /** Seconds; no output of a build for this long ends it. */
  noOutputSeconds: number;
  /** Absent in runs of earlier versions. */
  limits?: BuildLimits;
  options: {
    /** False: `--no-sync`. */
    sync: boolean;
    dryRun: boolean;
    skipUnresolvable: boolean;
    /** Finalize by itself when everything was received. */
    autoFinalize: boolean;
    /** With autoFinalize: publish also with failed packages. */
    acceptFailed: boolean;
  };
  startedBy: string;
}

/** The end of a run. */
export interface WorldUpdateResult {
  run: string;
  outcome: "published" | "nothing-to-build" | "dry-run" | "cancelled";
  snapshot: string | null;
  view: RunView;
}

export interface BuildPackageInput {
  order: BuildOrder;
  drone: string;
  binhost: string;
  /** Workflow id (without run id: the parent may continue as new) that gets the report. */
  reportTo: string;
  /** The run looks at the child's result: a success is returned, which costs the engine less than a report. */
  returnsSuccess?: boolean;
}

/** What a child says when it ends. */
export interface PackageReport {
  cpv: string;
  attempt: number;
  drone: string;
  artifact?: BuiltArtifact;
  failure?: BuildFailure;
  cancelled?: boolean;
}

/** Who acts; `by` is for the record. */
export interface OperatorAction {
  by: string;
  /** The run that is meant: where another one of the target has begun since, it is refused. Absent: whichever there is. */
  run?: string;
}
export interface FinalizeRequest extends OperatorAction {
  acceptFailed?: boolean;
}
export interface UnblockRequest extends OperatorAction {
  /** Empty or absent: everything that is blocked. */
  packages?: string[];
}
export interface PrioritizeRequest extends OperatorAction {
  /** CPVs, instead of those before; empty: none goes first any more. */
  packages: string[];
  /** Beside those before. */
  add?: boolean;
}
export interface QueueRequest extends OperatorAction {
  /** What a run after this one is for: `@world`, or atoms. Empty: what is queued is taken back. */
  atoms: string[];
  /** Names of the request, where it may be repeated: it is taken once. */
  orders?: string[];
}
export interface QueueAnswer {
  /** What is new in the queue, or was taken back; none: it was queued before. */
  changed: QueuedOrder[];
  /** All that is queued now. */
  queued: QueuedOrder[];
}
export interface CancelRequest extends OperatorAction {
  /** What is queued goes with the run. */
  dropQueued?: boolean;
}
/** What `balance` has changed. */
export interface BalanceAnswer {
  /** CPVs that waited after a failure of the infrastructure and may start at once now. */
  freed: string[];
  /** Builds begun anew on another drone. Seconds until each would have been done where it was, and there. */
  moved: { cpv: string; from: string; to: string; here: number; there: number }[];
  /** Builds that would be done sooner elsewhere, but compile already. */
  kept: { cpv: string; drone: string; better: string; here: number; there: number }[];
}
export interface FinalizeAnswer {
  snapshot: string;
  packages: number;
  added: number;
}

// Updates: a refusal reaches the operator at once.
export const finalizeUpdate = defineUpdate<FinalizeAnswer, [FinalizeRequest]>("finalize");
export const unblockUpdate = defineUpdate<string[], [UnblockRequest]>("unblock");
export const prioritizeUpdate = defineUpdate<string[], [PrioritizeRequest]>("prioritize");
/** Taken at every step: a run of it begins when this one has ended. */
export const queueUpdate = defineUpdate<QueueAnswer, [QueueRequest]>("queue");
export const balanceUpdate = defineUpdate<BalanceAnswer, [OperatorAction]>("balance");
export const pauseUpdate = defineUpdate<string, [OperatorAction & { reason?: string }]>("pause");
export const resumeUpdate = defineUpdate<string, [OperatorAction]>("resume");
export const cancelUpdate = defineUpdate<string, [CancelRequest]>("cancel");

// Plain signals of the same meaning, which the Web UI can send; all arguments may be left out.
export const finalizeSignal = defineSignal<[Partial<FinalizeRequest>?]>("finalize");
export const unblockSignal = defineSignal<[Partial<UnblockRequest>?]>("unblock");
export const prioritizeSignal = defineSignal<[Partial<PrioritizeRequest>?]>("prioritize");
export const queueSignal = defineSignal<[Partial<QueueRequest>?]>("queue");
export const balanceSignal = defineSignal<[Partial<OperatorAction>?]>("balance");
export const pauseSignal = defineSignal<[Partial<OperatorAction & { reason?: string }>?]>("pause");
export const resumeSignal = defineSignal<[Partial<OperatorAction>?]>("resume");
export const cancelSignal = defineSignal<[Partial<CancelRequest>?]>("cancel");

// Between workflows.
export const packageReportSignal = defineSignal<[PackageReport]>("packageReport");
/** With what operators did to drones since the last time; absent: nothing. */
export const fleetChangedSignal = defineSignal<[DroneView[], DroneAction[]?]>("fleetChanged");
/**
 * `builds`: the appetite of a run, which shares the drones; absent: a workflow that only wants to hear of changes. `renews`:
 * nothing changes where the fleet knows of it.
 */
export const subscribeSignal = defineSignal<[{ workflowId: string; builds?: number; renews?: boolean }]>("subscribe");
/** How many builds a run could have at once. */
export const appetiteSignal = defineSignal<[{ workflowId: string; builds: number }]>("appetite");
export const unsubscribeSignal = defineSignal<[{ workflowId: string }]>("unsubscribe");
export const strikeSignal =
  defineSignal<[{ drone: string /** null: earlier strikes were nobody's fault. */; reason: string | null }]>("strike");

export const runQuery = defineQuery<RunView>("run");
export const packagesQuery = defineQuery<PackageView[]>("packages");
/** What has changed of the packages since a revision that an earlier answer gave; null, or one of another execution: all. */
export const changesQuery = defineQuery<RunChanges, [string | null]>("changes");

export interface RunChanges {
  revision: string;
  /** Everything, not only what has changed. */
  full: boolean;
  packages: PackageView[];
}
/** For each package named (all that wait, if none): why it waits, or what became of it. */
export const whyQuery = defineQuery<WhyAnswer[], [string[]]>("why");

export interface WhyAnswer {
  cpv: string;
  state: string;
  /** Why it is built at all. */
  reason: string;
  /** Why it is where it is, one sentence. */
  why: string;
}

// The fleet.
export interface EnrolAnswer {
  accepted: boolean;
  /** Why not, and what to do. */
  reason: string | null;
}
export const enrolUpdate = defineUpdate<EnrolAnswer, [EnrolRequest]>("enrol");
/** Type of the refusal of an update that names a drone which the fleet does not know. */
export const UNKNOWN_DRONE = "UnknownDrone";
export const pauseDroneUpdate = defineUpdate<string, [OperatorAction & { drone: string; reason?: string }]>(
  "pauseDrone",
);
export const resumeDroneUpdate = defineUpdate<string, [OperatorAction & { drone: string }]>("resumeDrone");
export const forgetDroneUpdate = defineUpdate<string, [OperatorAction & { drone: string }]>("forgetDrone");
export const fleetQuery = defineQuery<FleetView>("fleet");

// sync-verify as a run of its own.
export interface SyncVerifyInput {
  target: string;
  trees: TreeSource[];
  binhost: string;
  sync: boolean;
}

// Alerts.
export const ALERTS_ID = "alerts";
/** Id of the activity that sends a message: tells whose tries fail. */
export const notifyId = (channel: string, notice: string): string => `notify/${channel}/${notice}`;
export const alertsQuery = defineQuery<AlertsView>("alerts");
/** Sends a test message at once, to one channel or (null) to all; what each of them said. */
export const testAlertsUpdate = defineUpdate<ChannelAnswer[], [OperatorAction & { channel: string | null }]>("test");
