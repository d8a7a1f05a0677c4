import type { Registry } from "prom-client";
import { ALERT_RULES, type Alert } from "../model/alerts.ts";
import type { Reading } from "../model/reading.ts";
import type { PackageView } from "../model/run.ts";
import { ComputedGauge } from "./computedGauge.ts";
import { DRONE_GAUGES, type ObservedDrone } from "./droneGauges.ts";
import type { GaugeDefinition, Value } from "./gauges.ts";
import { type ObservedRun, RUN_GAUGES } from "./runGauges.ts";

/** What of the live view is measured: see watch/live.ts. */
export interface Observed {
  reading: Reading;
  packages: readonly PackageView[];
  /** When the engine last said how things are. ms since the epoch; 0: never yet */
  at: number;
  /** The latest runs of other targets. */
  others?: readonly ObservedRun[];
  /** Alerts that last; null: nobody watches for them. Absent: not asked. */
  alerts?: readonly Alert[] | null;
}

/** One value of the whole swarm. */
function one(name: string, help: string, value: (observed: Observed) => Value[1]): GaugeDefinition<Observed> {
  return { name, help, values: (observed) => [[{}, value(observed)]] };
}

const SWARM_GAUGES: readonly GaugeDefinition<Observed>[] = [
  one("swarm_engine_up", "1 while the engine answers.", ({ reading }) => reading.engine.problem === null),
  one("swarm_binhost_up", "1 while the binhost answers.", ({ reading }) => reading.binhost.problem === null),
  one("swarm_orchestrators", "Orchestrators that ask for work.", ({ reading }) => reading.orchestrators),
  one("swarm_last_answer_timestamp_seconds", "When the engine last said how things are.", ({ at }) =>
    at === 0 ? null : at / 1000,
  ),
  one("swarm_runs_in_progress", "Runs in progress, of all targets.", ({ reading: { engine, others, run } }) =>
    engine.problem === null ? others.length + Number(run !== null && run.endedAt === null) : null,
  ),
  one(
    "swarm_drones_online",
    "Drones that are online; absent where the fleet is not known.",
    ({ reading }) => reading.fleet?.drones.filter(({ state }) => state === "online").length,
  ),
  one(
    "swarm_drones_refused",
    "Machines that were not let in as drones.",
    ({ reading }) => reading.fleet?.refused.length,
  ),
  {
    name: "swarm_alerts",
    help: "Alerts that last, by rule; absent where nobody watches for them.",
    values: ({ alerts }) =>
      Object.keys(ALERT_RULES).map((rule) => [{ rule }, alerts?.filter((alert) => alert.rule === rule).length]),
  },
];

function observedDrones(live: Observed): ObservedDrone[] {
  const runs = observedRuns(live).flatMap(({ run }) => (run.endedAt === null ? run.drones : []));
  const byName = Map.groupBy(runs, ({ name }) => name);
  return (live.reading.fleet?.drones ?? []).map((drone) => ({
    ...drone,
    building: (byName.get(drone.facts.name) ?? []).flatMap(({ building }) => building),
  }));
}

function observedRuns(live: Observed | null): ObservedRun[] {
  if (live === null) return [];
  const { reading, packages, others = [] } = live;
  return [...(reading.run ? [{ run: reading.run, packages }] : []), ...others];
}

/** Everything that the read model tells, as metrics: the one place where they are made. None are known where it is null. */
const READ_MODEL_GAUGES: readonly GaugeDefinition<Observed | null>[] = [
  ...SWARM_GAUGES.map((it) => ({ ...it, values: (live: Observed | null) => (live ? it.values(live) : []) })),
  ...DRONE_GAUGES.map((it) => ({
    ...it,
    values: (live: Observed | null) => (live ? it.values(observedDrones(live)) : []),
  })),
  ...RUN_GAUGES.map((it) => ({
    ...it,
    values: (live: Observed | null) => observedRuns(live).flatMap((run) => it.values(run)),
  })),
];

/** The gateway's metrics: registers all that the read model tells. `observe` gives the newest live view; each scrape computes. */
export function gatewayMetrics(registry: Registry): { observe: (live: Observed | null) => void } {
  let live: Observed | null = null;
  for (const definition of READ_MODEL_GAUGES) new ComputedGauge(definition, () => live, registry);
  return {
    observe: (now) => {
      live = now;
    },
  };
}
