import type { Tone } from "../model/marks.ts";
import type { LogText } from "./logText.ts";
import type { Action, LogPlace, Preview, Shown } from "./source.ts";

/** The parts of the screen that keys can be in. */
export const PANES = ["drones", "packages", "events", "log"] as const;
export type Pane = (typeof PANES)[number];

/** The log that is shown. */
export interface LogView {
  place: LogPlace;
  text: LogText;
  /** Nothing more will come. */
  complete: boolean;
  /** Why there is nothing to see; null: there is, or it is being asked. */
  problem: string | null;
  /** First line shown; null: its end, whatever comes. */
  top: number | null;
  /** Columns that it is shifted to the left by. */
  shift: number;
  /** The line that tells why the attempt failed, without the spaces around it; null: none does. */
  errorLine: string | null;
}

/** Something that is asked before it is done. */
export interface Question {
  text: string;
  action: Action;
  /** What it is about, in the place of everything else. */
  preview?: Preview;
}

/** What came of what the operator did, until the next key. */
export interface Notice {
  tone: Tone;
  lines: readonly string[];
}

/** All that the screen is made of, but for its size. */
export interface MonitorState {
  shown: Shown | null;
  /** What the monitor looks through; null: straight at the engine. */
  via: string | null;
  /** Why nothing is shown yet; null: it is being asked. */
  problem: string | null;
  /** ms since the epoch */
  now: number;
  focus: Pane;
  /** The chosen row of each pane, by its key; null: the first one (of events: the last). */
  chosen: Record<Exclude<Pane, "log">, string | null>;
  /** Rows without this text are left out. */
  filter: string;
  /** The filter is being typed. */
  typing: boolean;
  help: boolean;
  question: Question | null;
  notice: Notice | null;
  log: LogView | null;
}

export function initialState(via: string | null, now: number): MonitorState {
  return {
    shown: null,
    via,
    problem: null,
    now,
    focus: "packages",
    chosen: { drones: null, packages: null, events: null },
    filter: "",
    typing: false,
    help: false,
    question: null,
    notice: null,
    log: null,
  };
}
