/** What a schedule starts, each time. */
export interface ScheduledOrder {
  /** The schedule's name. */
  schedule: string;
  target: string;
  /** `@world`, or the atoms given. */
  atoms: string[];
  /** Publish by itself when everything was received. */
  autoFinalize: boolean;
  /** With autoFinalize: publish also with failed packages. */
  acceptFailed: boolean;
}

/** What became of one time of a schedule. */
export type ScheduledOutcome = { outcome: "started"; run: string } | { outcome: "skipped"; reason: string };

/** One time of a schedule that was. Times are ms since the epoch. */
export interface ScheduleAction {
  /** When it was due. */
  at: number;
  outcome: "starting" | "started" | "skipped" | "failed" | "forgotten";
  /** The run that was started. */
  run: string | null;
  /** Why none was. */
  reason: string | null;
}

/** A schedule as people see it. Times are ms since the epoch. */
export interface ScheduleView {
  name: string;
  /** As it was given. */
  cron: string;
  /** An IANA time zone: `Europe/Vienna`. */
  timezone: string;
  order: Omit<ScheduledOrder, "schedule">;
  /** What was missed for less than this is made up for. ms */
  catchUp: number;
  paused: boolean;
  /** Who paused or resumed it, and why. */
  note: string | null;
  /** The next times, at most three; none while it is paused. */
  next: number[];
  /** The last times, newest first. */
  last: ScheduleAction[];
  /** Times that were over for longer than `catchUp` when the engine came to them. */
  missed: number;
}
