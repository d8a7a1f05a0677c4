import type { StateAnswer } from "../model/answers.ts";
import { atomsOf } from "../model/orders.ts";
import type { RunStep } from "../model/run.ts";
import { nextAction } from "../operations/nextAction.ts";
import type { Live } from "../watch/live.ts";
import type { Services } from "./services.ts";

/** `GET /api/v1/state`, without the role of who asks. */
export function stateOf(
  services: Pick<Services, "config" | "health" | "alerts" | "version" | "webUi">,
  live: Live,
): Omit<StateAnswer, "role"> {
  const { reading, at, stale } = live;
  return {
    at,
    stale,
    reading,
    nextAction: nextAction(reading),
    services: services.health.list(),
    alerts: services.alerts.revision,
    webUi: services.webUi(),
    gateway: { version: services.version, name: services.config.swarm.name },
  };
}

/** `GET /status`: the overall status and the run, for scripts. */
export interface StatusAnswer {
  /** `down`: the engine does not answer; `idle`: nothing runs; else the run's step, or that it is paused. */
  status: "down" | "idle" | "paused" | RunStep;
  /** ms since the epoch */
  at: number;
  /** How old this is. s */
  ageSeconds: number;
  stale: string | null;
  run: {
    run: string;
    target: string;
    step: RunStep;
    counts: { needed: number; delegated: number; received: number; failed: number; skipped: number };
    etaSeconds: number | null;
    etaRange: { low: number; high: number } | null;
    paused: string | null;
    /** Atoms that a run is for that begins when this one has ended. */
    queued: string[];
  } | null;
  next: string | null;
}

export function statusOf({ reading, at, stale }: Live): StatusAnswer {
  const { run, engine } = reading;
  const base = {
    at,
    ageSeconds: at === 0 ? 0 : Math.max(0, Math.round((Date.now() - at) / 1000)),
    stale,
    next: nextAction(reading).command,
  };
  if (!run) return { status: engine.problem === null ? "idle" : "down", ...base, run: null };
  const { step, counts, etaSeconds, etaRange, paused, target } = run;
  const queued = atomsOf(run.queued ?? []);
  const shown = { run: run.run, target, step, counts, etaSeconds, etaRange, paused: paused?.reason ?? null, queued };
  const status = engine.problem !== null ? "down" : paused ? "paused" : step;
  return { status, ...base, run: shown };
}
