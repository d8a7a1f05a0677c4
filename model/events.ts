/** What happens in a run, by kind. */
export const RUN_EVENT_KINDS = [
  /** The run itself: begun, taken over by a new execution, ended. */
  "run",
  /** It went to another step. */
  "step",
  /** A package was given to a drone. */
  "claimed",
  /** Its build was begun by an orchestrator. */
  "started",
  "received",
  "failed",
  /** Given to another drone after a failure, or moved, or copied there. */
  "reassigned",
  /** A drone came, was lost, was grounded, paused or resumed. */
  "drone",
  /** Somebody stepped in, or tried to. */
  "operator",
] as const;
export type RunEventKind = (typeof RUN_EVENT_KINDS)[number];

/** One event of a run's log, as its workflow's history has it. */
export interface RunEvent {
  /** Sorts by time: when the execution began, event of its history, and which of several that are told by that one. */
  id: string;
  /** ms since the epoch */
  at: number;
  kind: RunEventKind;
  /** category/name-version */
  cpv?: string;
  attempt?: number;
  drone?: string;
  /** Who did it. */
  by?: string;
  /** One sentence. */
  text: string;
}
