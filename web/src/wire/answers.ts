/**
 * What the gateway answers, as far as the page reads it. Made of the model's types; a test holds the rest against the
 * gateway's own.
 */
import type { Alert } from "../../../model/alerts.ts";
import type { BuildProgress } from "../../../model/build.ts";
import type { RunEvent } from "../../../model/events.ts";
import type { DroneView } from "../../../model/fleet.ts";
import type { AttemptRecord, HistorySummary } from "../../../model/history.ts";
import type { PackageState, PackageView, RunView } from "../../../model/run.ts";

export type Role = "viewer" | "operator";

/** Something that the swarm needs, and whether it answers. */
export interface Service {
  address: string;
  /** Why it does not answer; null: it does. */
  problem: string | null;
}

/** What a drone says of one build. */
export interface BuildingPackage extends BuildProgress {
  cpv: string;
  attempt: number;
  problem: string | null;
}

export interface Reading {
  /** ms since the epoch */
  at: number;
  engine: Service;
  orchestrators: number | null;
  binhost: Service;
  targets: string[] | null;
  fleet: { drones: DroneView[]; refused: { name: string; reason: string; at: number }[] } | null;
  run: RunView | null;
  runProblem: string | null;
  building: BuildingPackage[];
  others: { run: string; target: string; step: string | null }[];
}

export interface NextAction {
  situation: string[];
  command: string | null;
  verb: "Run" | "Watch" | "Look";
  otherwise: string[];
}

/** A service that the gateway looks after. */
export interface ServiceHealth {
  kind: "engine" | "orchestrator" | "binhost";
  name: string;
  url: string;
  state: "unknown" | "in" | "out";
  /** Why the last check failed. */
  reason: string | null;
  lastSeen: number | null;
}

export interface StateAnswer {
  /** ms: when the engine last answered. */
  at: number;
  /** Why what is shown may be old; null: it is not. */
  stale: string | null;
  reading: Reading;
  nextAction: NextAction;
  services: ServiceHealth[];
  /** Address of the engine's own page, down to the namespace; null: there is none. */
  webUi: string | null;
  gateway: { version: string; name: string };
  role: Role | null;
}

export interface PackagesChange {
  full: boolean;
  packages: PackageView[];
}

export interface RunRecord {
  run: string;
  target: string;
  status: string;
  step: string | null;
  startedBy: string | null;
  startedAt: number;
  endedAt: number | null;
  executionId: string;
}

export interface Neighbour {
  cpv: string;
  state: PackageState | "present";
}

export interface PackageAnswer extends PackageView {
  why: string;
  needs: Neighbour[];
  neededBy: Neighbour[];
  estimateSeconds: number | null;
  workflows: { attempt: number; url: string | null }[];
}

/** What finalize would publish. */
export interface FinalizePreview {
  run: string;
  added: string[];
  changed: string[];
  failed: string[];
  skipped: string[];
  bytes: number;
  /** What should be known before. */
  words: string[];
  /** Why it would be refused; null: it would not. */
  refusal: string | null;
}

export interface GraphNode {
  cpv: string;
  state: PackageState | "present";
  estimateSeconds: number | null;
}

export interface GraphAnswer {
  nodes: GraphNode[];
  /** Each from a package to one that needs it. */
  edges: [from: string, to: string][];
  critical: string[];
}

export interface HistoryAnswer {
  total: number;
  attempts: AttemptRecord[];
}

export type { Alert, AttemptRecord, HistorySummary, PackageState, PackageView, RunEvent, RunView };
