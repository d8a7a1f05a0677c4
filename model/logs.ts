/** The log of one attempt to build a package, as the binhost keeps it. */
export interface LogKey {
  run: string;
  cpv: string;
  attempt: number;
}

/** Bytes of a log that are not kept: `to` is the first that is kept again. */
export interface LogCut {
  from: number;
  to: number;
}

/** Why the attempt of a log failed. */
export interface LogFailure {
  phase?: string;
  errorLine?: string;
}

/** What the binhost has of a log. Offsets are those of the log as the build writes it, whatever is left out. */
export interface LogState {
  /** When the build began to write this log, ms since the epoch: a build that is begun anew in the same attempt begins another. null: none is there. */
  begun: number | null;
  /** Bytes up to here have come, but for the cut. */
  end: number;
  /** Nothing more will come. */
  complete: boolean;
  cut: LogCut | null;
  /** So many bytes of the beginning and of the end are kept of a long log. */
  keeps: { head: number; tail: number };
}

/** A part of a log: `bytes` are those from `offset` on; where bytes are left out, a line that says so stands in for the last of them. */
export interface LogPiece {
  offset: number;
  bytes: Uint8Array;
  /** Where to go on: `offset` and the length of `bytes`. */
  next: number;
  /** Bytes that the log has so far. */
  size: number;
  complete: boolean;
  cut: LogCut | null;
  /** See `LogState`: where it changes, the log has begun anew. */
  begun: number;
}

/** One log of a run. */
export interface LogInfo {
  cpv: string;
  attempt: number;
  size: number;
  complete: boolean;
  cut: LogCut | null;
  /** null: it did not fail, or that is not known. */
  failed: LogFailure | null;
}

/** An attempt that failed, as it is looked for. */
export interface FailedAttempt extends LogFailure {
  cpv: string;
  attempt: number;
  drone?: string;
  class?: string;
  message?: string;
  around?: string[];
  /** ms since the epoch */
  endedAt?: number;
}
