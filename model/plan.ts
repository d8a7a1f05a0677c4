import type { BuildSettings } from "./target.ts";

/**
 * What kinds of need an edge has, as a bit set.
 * `BUILD`: DEPEND or BDEPEND; `RUN`: RDEPEND or IDEPEND; `POST`: PDEPEND (never orders builds).
 * `BUILD_SLOT_OP` / `RUN_SLOT_OP`: the dependency has a slot operator `:=`, so the sub-slot found is recorded.
 */
export const EDGE = { BUILD: 1, RUN: 2, POST: 4, BUILD_SLOT_OP: 8, RUN_SLOT_OP: 16 } as const;

/** [index of the package needed, EDGE bits]. */
export type Edge = readonly [to: number, kinds: number];

/** Why a package must be built: `new` (the snapshot has no such version), or what differs from the binary it has. */
export interface NeededReason {
  kind: "new" | "version" | "use" | "slot" | "subslot-of-dependency" | "chost" | "settings" | "repository";
  /** For people, e.g. `USE changed: +fancy` or `built against dev-libs/libalpha:0/1, now 0/2`. */
  text: string;
}

/** One package of a plan. */
export interface PlanPackage {
  /** category/name-version */
  cpv: string;
  slot: string;
  subslot: string;
  repository: string;
  /** Enabled USE flags that are in IUSE, sorted. */
  use: string[];
  iuse: string[];
  chost: string;
  settings: BuildSettings;
  /** BUILD_ID that this build gets, or that the snapshot's binary has. */
  buildId: number;
  /** null where the snapshot has an acceptable binary. */
  needed: NeededReason | null;
  /** SHA-256 of the snapshot's binary, null where it must be built. */
  artifact: string | null;
  /** Bytes of distfiles to fetch; feeds the time estimate. */
  sourceBytes: number;
  /** RESTRICT tokens. */
  restrict: string[];
  edges: Edge[];
}

/** Error classes of resolution (portage.md's table). */
export const RESOLVE_ERRORS = [
  "missing",
  "masked",
  "keyword",
  "use_change",
  "required_use",
  "circular",
  "slot_conflict",
  "blocked",
  "license",
  "bad_atom",
  "bad_set",
  "unreadable_tree",
  "unknown",
] as const;
export type ResolveErrorClass = (typeof RESOLVE_ERRORS)[number];

/** A world member (or several together) that does not resolve. */
export interface Unresolvable {
  /** The atoms of the world or list that fail. */
  atoms: string[];
  class: ResolveErrorClass;
  /** Portage's own words. */
  text: string;
}

/** The outcome of resolution: what the target's clients need, in Portage's merge order. Stored as a blob on the binhost. */
export interface Plan {
  target: string;
  /** Identity of the tree that it was resolved from. */
  tree: string;
  /** SHA-256 of the target's bundle. */
  bundle: string;
  /** Snapshot that it was compared with, null for the first. */
  snapshot: string | null;
  /** Everything that the request resolves to, present and needed, in merge order. */
  packages: PlanPackage[];
  unresolvable: Unresolvable[];
  /** Portage's remarks: updates skipped, USE notices. */
  notices: string[];
}

/** What the scheduler and the workflow carry of one package: compact, since it travels in payloads. */
export interface GraphPackage {
  cpv: string;
  /** Estimated work in core-seconds. */
  estimate: number;
  /** The rest of the estimate where it is not GRAPH_DEFAULTS: seconds on one core, jobs, MiB in all and per job, sigma. */
  serial?: number;
  width?: number;
  memory?: number;
  memoryPerJob?: number;
  sigma?: number;
  /** GiB of a disk, where that is more than USUAL_DISK_BYTES. */
  disk?: number;
  /** Positions (in the graph) of build-time needs: each must be installable before this one starts. */
  build: number[];
  /** Positions of run-time needs: each must be there before this one is installable. */
  run: number[];
  /** True where the snapshot already has it: it is never built, only passed through. */
  present?: boolean;
  reason?: string;
}

/** The compact graph: the needed packages and the present ones that lie between them. */
export interface PlanGraph {
  packages: GraphPackage[];
}

/** One package that a run would build. */
export interface PlannedPackage {
  cpv: string;
  reason: string;
  /** Estimated core-seconds. */
  estimate: number;
  /** What it is built with that is built in the same run. */
  needs: string[];
}
