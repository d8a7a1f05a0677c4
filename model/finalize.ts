import type { FailedPackage, RunView } from "./run.ts";

/** What finalize would publish, and what would be wrong with it. */
export interface Verification {
  run: string;
  target: string;
  step: RunView["step"];
  /** Staged on the binhost: exactly this becomes visible. */
  publish: { cpv: string; size: number }[];
  bytes: number;
  /** The run counts it as received, and the binhost does not have it. */
  lost: string[];
  /** Not built yet. */
  open: string[];
  failed: Pick<FailedPackage, "cpv" | "message" | "phase" | "errorLine" | "around">[];
  skipped: { cpv: string; cause: string }[];
  /** Atoms that did not resolve and were left out of the run, with the kind of their problem. */
  unresolved: { atom: string; class: string }[];
  /** How risky it is to publish now. */
  risk: "none" | "some" | "do not";
  /** The risk in words. */
  words: string[];
}

/** What finalize would publish, held against what clients have now. */
export interface FinalizePreview extends Omit<Verification, "failed" | "skipped" | "publish"> {
  publish: Verification["publish"];
  /** CPVs of packages of which the current snapshot has no version. */
  added: string[];
  /** `category/name: 1.0 -> 1.1`, or `category/name-1.0: built anew`. */
  changed: string[];
  /** `category/name-version: what failed` */
  failed: string[];
  skipped: string[];
  /** Why it would be refused; null: it would not. */
  refusal: string | null;
}
