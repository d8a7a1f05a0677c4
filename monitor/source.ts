import type { FinalizePreview } from "../model/finalize.ts";
import type { Live } from "../watch/live.ts";

/** What the monitor shows: all that a watcher knows, wherever it looks from. */
export type Shown = Omit<Live, "revision">;

/** One attempt's log. */
export interface LogPlace {
  run: string;
  cpv: string;
  attempt: number;
}

/** A part of a log. */
export interface LogPart {
  bytes: Uint8Array;
  /** Where it begins in the log, and how long the log is now. Bytes. */
  offset: number;
  size: number;
  /** Nothing more will come. */
  complete: boolean;
  /** When its attempt began to write it: another time, another log. */
  begun: number;
}

/** What an operator can do here, to the run that was shown: where another one is there by now, nothing is done. */
export type Action =
  | { kind: "balance" | "unblock" | "reset" | "pause" | "resume"; run: string }
  | { kind: "finalize"; run: string; acceptFailed: boolean };

/** What a finalize would publish. */
export type Preview = Pick<
  FinalizePreview,
  "run" | "added" | "changed" | "failed" | "skipped" | "bytes" | "risk" | "words" | "refusal"
>;

/** Where the monitor's knowledge comes from, and where its actions go. */
export interface Source {
  /** What it looks through; null: straight at the engine. */
  readonly via: string | null;
  start(): void;
  stop(): Promise<void>;
  /** What is known; null: nothing yet. */
  current(): Shown | null;
  /** Why nothing is known yet; null: it is still being asked. */
  problem(): string | null;
  /** Tells of every change. */
  subscribe(listener: () => void): () => void;
  /** What finalize would publish of the run that is shown. An error says why that cannot be told. */
  preview(): Promise<Preview>;
  /** Does it, and says what came of it, a line each. An error says why not. */
  operate(action: Action): Promise<string[]>;
  /** Reads on from a byte; null: there is no log yet. `offset` null: the end of the log, at most `LOG_TAIL` bytes. */
  readLog(place: LogPlace, offset: number | null): Promise<LogPart | null>;
}

/** So much of a log is shown from its end. Bytes */
export const LOG_TAIL = 512 * 1024;

export const NO_RUN = "There is no run. Start one: swarm run-update";

export function otherRun(meant: string, now: string): string {
  return `${meant} is not the run any more: that is ${now}. Nothing was done.`;
}
