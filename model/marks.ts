import type { RunEventKind } from "./events.ts";
import type { DroneView } from "./fleet.ts";
import type { PackageState, RunDrone, RunStep, RunView } from "./run.ts";
import { duration } from "./words.ts";

/** How the states of things look on every screen: a word, its mark, and what it means for the reader. */

/** The colours of all screens, by meaning. */
export type Tone = "good" | "bad" | "warn" | "title" | "faint" | "name";

/** A run's step in words. */
export const STEP_WORDS: Record<RunStep, readonly [string, Tone]> = {
  sync: ["syncing", "name"],
  verify: ["verifying", "name"],
  resolve: ["resolving", "name"],
  build: ["building", "name"],
  gate: ["waits for finalize", "warn"],
  publish: ["publishing", "name"],
  done: ["done", "good"],
  failed: ["failed", "bad"],
  cancelled: ["cancelled", "warn"],
};

export interface Mark {
  /** One character. */
  glyph: string;
  word: string;
  tone: Tone;
}

/** A drone's state: what keeps it from building comes before that it is there. */
export function droneMark(drone: DroneView, part: RunDrone | undefined): Mark {
  if (drone.state !== "online") {
    return drone.state === "suspect"
      ? { glyph: "◐", word: "suspect", tone: "warn" }
      : { glyph: "○", word: drone.state, tone: "bad" };
  }
  if (drone.paused) return { glyph: "‖", word: "paused", tone: "warn" };
  if (drone.grounded !== null) return { glyph: "✗", word: "grounded", tone: "bad" };
  if (part?.state === "stale") return { glyph: "✗", word: "STALE", tone: "bad" };
  if (part?.state === "syncing") return { glyph: "◐", word: "syncing", tone: "warn" };
  return { glyph: "●", word: "online", tone: "good" };
}

/** Who has paused a drone and why; null: nobody, or that is not known. @param now ms since the epoch */
export function pauseWords({ paused, pause }: DroneView, now: number): string | null {
  if (!paused || !pause) return null;
  return `paused by ${pause.by} for ${duration(now - pause.since)}${pause.reason ? `: ${pause.reason}` : ""}`;
}

/** A package's state, by the words of the counts. */
export const PACKAGE_MARKS: Record<PackageState, Mark> = {
  needed: { glyph: "·", word: "queued", tone: "faint" },
  delegated: { glyph: "→", word: "building", tone: "name" },
  received: { glyph: "✓", word: "done", tone: "good" },
  failed: { glyph: "✗", word: "blocked", tone: "bad" },
  skipped: { glyph: "-", word: "skipped", tone: "warn" },
};

/** What kind an event of a run is of. */
export const EVENT_MARKS: Record<RunEventKind, readonly [glyph: string, Tone]> = {
  run: ["■", "name"],
  step: ["■", "faint"],
  claimed: ["→", "name"],
  started: ["·", "faint"],
  received: ["✓", "good"],
  failed: ["✗", "bad"],
  reassigned: ["↻", "warn"],
  drone: ["!", "warn"],
  operator: ["@", "name"],
};

/** What is left of a run, `2h 00m to 2h 45m` where the scheduler was run forward; null where nobody knows. @param passed ms since the run was asked */
export function etaWords({ etaSeconds, etaRange, endedAt }: RunView, passed = 0): string | null {
  if (etaSeconds === null || endedAt !== null) return null;
  const [low, high] = [etaRange?.low ?? etaSeconds, etaRange?.high ?? etaSeconds].map((seconds) =>
    duration(seconds * 1000 - passed),
  );
  return low === high ? `${low}` : `${low} to ${high}`;
}
