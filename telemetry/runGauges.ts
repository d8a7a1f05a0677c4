import { FAILURE_CLASSES } from "../model/failures.ts";
import { type AttemptView, PACKAGE_STATES, type PackageView, RUN_STEPS, type RunView } from "../model/run.ts";
import { splitCpv } from "../portage/cpv.ts";
import { type GaugeDefinition, stateSet, type Value } from "./gauges.ts";

/** A run with its packages. */
export interface ObservedRun {
  run: RunView;
  packages: readonly PackageView[];
}

/** Packages of a run that are told by name: those that took longest. */
const LONGEST = 10;

/** What became of an attempt. The closed set of the label `result`. */
const ATTEMPT_RESULTS = ["running", "built", "superseded", ...FAILURE_CLASSES] as const;

const seconds = (ms: number): number => ms / 1000;

/** One value of the run. */
function one(name: string, help: string, value: (run: RunView) => Value[1]): GaugeDefinition<ObservedRun> {
  return { name, help, values: ({ run }) => [[{ target: run.target }, value(run)]] };
}

export const RUN_GAUGES: readonly GaugeDefinition<ObservedRun>[] = [
  {
    name: "swarm_packages",
    help: "Packages of the run by state.",
    values: ({ run: { target, counts } }) => PACKAGE_STATES.map((state) => [{ target, state }, counts[state]]),
  },
  {
    name: "swarm_run_step",
    help: "1 for the step that the run is at.",
    values: ({ run: { target, step } }) => stateSet("step", RUN_STEPS, step, { target }),
  },
  one("swarm_run_step_start_timestamp_seconds", "When the run came to its step.", (run) => seconds(run.stepSince)),
  one("swarm_run_start_timestamp_seconds", "When the run began.", (run) => seconds(run.startedAt)),
  one("swarm_run_end_timestamp_seconds", "When the run ended; absent while it goes on.", ({ endedAt }) =>
    endedAt === null ? null : seconds(endedAt),
  ),
  one("swarm_run_paused", "1 while the run is paused.", ({ paused }) => paused !== null),
  one("swarm_run_paused_timestamp_seconds", "Since when the run is paused; absent while it is not.", ({ paused }) =>
    paused ? seconds(paused.since) : null,
  ),
  one(
    "swarm_run_eta_seconds",
    "What the rest of the builds should take; absent where unknown.",
    (run) => run.etaSeconds,
  ),
  {
    name: "swarm_run_last_build_start_timestamp_seconds",
    help: "When the run last began a build; absent before its first.",
    values: ({ run: { target }, packages }) => {
      let last = 0;
      for (const { attempts } of packages) for (const { startedAt } of attempts) last = Math.max(last, startedAt);
      return [[{ target }, last === 0 ? null : seconds(last)]];
    },
  },
  one(
    "swarm_run_publish_retrying",
    "1 while publishing has failed and is tried again.",
    ({ step, reason }) => step === "publish" && reason !== null,
  ),
  one(
    "swarm_queue_ready_packages",
    "Packages that could start now and wait for a drone.",
    (run) => run.queue?.ready ?? 0,
  ),
  one(
    "swarm_queue_oldest_wait_seconds",
    "How long the longest-waiting of the packages that could start has been ready.",
    ({ queue }) => (queue ? Math.max(0, seconds(Date.now() - queue.since)) : 0),
  ),
  one(
    "swarm_queue_stuck_packages",
    "Packages that are ready though no drone could ever build them; a few at most are counted.",
    (run) => run.stuck?.length ?? 0,
  ),
  { name: "swarm_run_attempts", help: "Attempts of the run by what became of them.", values: attemptValues },
  {
    name: "swarm_run_longest_build_seconds",
    help: `The ${LONGEST} longest builds of the run by package and result.`,
    values: longestValues,
  },
];

function attemptValues({ run: { target }, packages }: ObservedRun): Value[] {
  const counts = new Map<string, number>();
  for (const { attempts } of packages) {
    for (const attempt of attempts) counts.set(resultOf(attempt), (counts.get(resultOf(attempt)) ?? 0) + 1);
  }
  return ATTEMPT_RESULTS.map((result) => [{ target, result }, counts.get(result) ?? 0]);
}

function resultOf({ failure, supersededBy, endedAt }: AttemptView): (typeof ATTEMPT_RESULTS)[number] {
  if (failure) return failure.class;
  if (supersededBy !== undefined) return "superseded";
  return endedAt === undefined ? "running" : "built";
}

/** Named without their versions: a name stays the same from update to update. */
function longestValues({ run: { target }, packages }: ObservedRun): Value[] {
  const longest = packages
    .flatMap(({ cpv, attempts }) =>
      attempts.flatMap((attempt) => {
        const { startedAt, endedAt } = attempt;
        return endedAt === undefined ? [] : [{ cpv, result: resultOf(attempt), took: endedAt - startedAt }];
      }),
    )
    .sort((a, b) => b.took - a.took);
  const told = new Map<string, Value>();
  for (const { cpv, result, took } of longest) {
    if (told.size === LONGEST) break;
    const parts = splitCpv(cpv);
    const name = typeof parts === "string" ? cpv : parts.cp;
    // Slots of one package have one name: the longest is told.
    const key = `${name} ${result}`;
    if (!told.has(key)) told.set(key, [{ target, package: name, result }, seconds(took)]);
  }
  return [...told.values()];
}
