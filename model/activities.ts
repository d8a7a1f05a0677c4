import type { Notice, Observation, ObserveRequest } from "./alerts.ts";
import type { BuildOrder, BuildUsage, BuiltArtifact } from "./build.ts";
import type { DroneFacts, DroneSyncReport } from "./fleet.ts";
import type { AttemptOutcome } from "./history.ts";
import type { QueuedOutcome, QueuedStart } from "./orders.ts";
import type { Outlook, Standing } from "./outlook.ts";
import type { PlanGraph, Unresolvable } from "./plan.ts";
import type { ScheduledOrder, ScheduledOutcome } from "./schedules.ts";
import type { TreeSource } from "./target.ts";

/** What `pinTarget` fixes for a run: the run builds exactly this, whatever changes meanwhile. */
export interface PinnedTarget {
  /** SHA-256 of the target's bundle. */
  bundle: string;
  /** Current snapshot's id, null before the first publish. */
  snapshot: string | null;
}

export interface SyncRequest {
  run: string;
  target: string;
  bundle: string;
  trees: TreeSource[];
  /** False: report the tree that is there, fetch only where there is none. */
  fetch: boolean;
  /** The identity that a run has pinned: a drone that joins late brings exactly this one, or reports what it has. */
  pin: string | null;
}

export interface ResolveRequest {
  run: string;
  target: string;
  bundle: string;
  tree: string;
  trees: TreeSource[];
  snapshot: string | null;
  /** `@world`, or the atoms given. */
  atoms: string[];
  /** Patterns of packages that operators wrote, and where: what means nothing is noticed. Absent: none. */
  patterns?: { where: string; pattern: string }[];
}

/** What resolution gives to the workflow; the full plan lies on the binhost as a blob. */
export interface ResolveResult {
  /** SHA-256 of the plan's blob. */
  plan: string;
  graph: PlanGraph;
  /** For each package of `graph`, its index in the plan. */
  planIndex: number[];
  unresolvable: Unresolvable[];
  notices: string[];
  /** Packages of the target that the snapshot already has. */
  present: number;
}

/** How attendance ended by itself; a lost drone does not answer at all. */
export interface AttendResult {
  /** `leaving`: the drone shuts down in order; `facts`: they changed and are reported. */
  reason: "leaving" | "facts";
  facts: DroneFacts;
}

/** Runs on `drone-<name>`: one at a time per slot. */
export interface DroneBuildActivities {
  build(order: BuildOrder): Promise<BuiltArtifact>;
}

/** Runs on `drone-<name>-control`. */
export interface DroneControlActivities {
  /** Runs until there is something to say; with `probe` it answers at once. */
  attend(request: { name: string; id: string; probe: boolean }): Promise<AttendResult>;
  syncTree(request: SyncRequest): Promise<DroneSyncReport>;
  resolvePlan(request: ResolveRequest): Promise<ResolveResult>;
  /** Brings the artifact to the binhost. The attempt is over then; the drone may keep the artifact for builds that need it. */
  upload(request: { order: BuildOrder; artifact: BuiltArtifact }): Promise<void>;
  discard(order: BuildOrder): Promise<void>;
  /**
   * Whether ending the attempt would waste what it has compiled: it has reached its compile phase, or has ended. False for one
   * that this drone does not know. Up to a second behind.
   */
  isCompiling(order: BuildOrder): Promise<boolean>;
}

/** When an attempt was where, by the engine's clock. ms since the epoch */
export interface AttemptTimes {
  /** Offered to the drone. */
  startedAt: number;
  /** The drone had built it. */
  builtAt: number;
  /** The binhost had the artifact. */
  endedAt: number;
}

/** Runs on `binhost-<name>`. */
export interface BinhostActivities {
  pinTarget(target: string): Promise<PinnedTarget>;
  /** Notes what it accepts in the build history. Rejection is an answer, not an error: the reason is for people. */
  validate(request: {
    order: BuildOrder;
    drone: string;
    artifact: BuiltArtifact;
    times: AttemptTimes;
  }): Promise<{ rejected: string | null }>;
  /** Notes an attempt that gave nothing in the build history. */
  record(request: {
    order: BuildOrder;
    drone: string;
    times: Pick<AttemptTimes, "startedAt" | "endedAt">;
    result: Exclude<AttemptOutcome, "built">;
    message: string | null;
    /** What it used until then, where it was measured. */
    usage: BuildUsage | null;
  }): Promise<void>;
  publish(request: {
    target: string;
    run: string;
    tree: string;
    bundle: string;
    createdAt: string;
  }): Promise<{ snapshot: string; packages: number; added: number; bytes: number }>;
  clearStaging(run: string): Promise<void>;
}

/** What a drone shows to be let in; the secret itself never travels. */
export interface EnrolRequest {
  facts: DroneFacts;
  nonce: string;
  /** HMAC-SHA256 of `name\nid\nnonce` with the swarm's token, hexadecimal. */
  proof: string;
}

/** Runs on `orchestrator`. */
export interface OrchestratorActivities {
  checkCredential(request: EnrolRequest): Promise<boolean>;
  /** Waits for the end of a `buildPackage` by its workflow id; what it returned. */
  outcomeOf(workflowId: string): Promise<BuiltArtifact | null>;
  /** Runs the scheduler forward from where a run stands; null where nothing is left to look at. */
  lookAhead(standing: Standing): Promise<Outlook | null>;
  /** Watches the swarm, and returns once something that matters to alerts differs from what was seen last. */
  observe(request: ObserveRequest): Promise<Observation>;
  /** Sends one message to one channel. Sent again it has the same id. What the channel answered. */
  notify(request: { channel: string; notice: Notice }): Promise<string>;
  /** Starts the run of a schedule. Repeated it finds the run that it has started. */
  startScheduled(request: { order: ScheduledOrder; id: string }): Promise<ScheduledOutcome>;
  /** Starts the run of what was queued in an earlier one, or queues it in the run that is in progress. Repeatable by its id. */
  startQueued(request: QueuedStart & { id: string }): Promise<QueuedOutcome>;
}

/** Task queue names. */
export const QUEUES = {
  orchestrator: "orchestrator",
  build: (drone: string): string => `drone-${drone}`,
  control: (drone: string): string => `drone-${drone}-control`,
  binhost: (name: string): string => `binhost-${name}`,
} as const;
