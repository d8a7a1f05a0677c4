import type { BuildFailure, FailureClass } from "../../model/failures.ts";
import type { DroneView } from "../../model/fleet.ts";
import type { BuildLimits } from "../../model/limits.ts";
import { RunState } from "../../workflows/states/run.ts";
import { facts, NOW, droneView as viewOf } from "./facts.ts";

export { NOW };

export const droneView = (name: string, change: Partial<DroneView> = {}): DroneView =>
  viewOf(name, { facts: facts(name, { slots: 3 }), ...change });

/** lib <- app <- meta (run time), and other beside them. */
export function startedRun(
  drones: DroneView[] = [droneView("ceti"), droneView("izar")],
  limits: BuildLimits = { exclusive: [], memory: [], speculate: false },
): RunState {
  const options = { autoFinalize: false, acceptFailed: false };
  const run = new RunState({ run: "r1", target: "t", now: NOW, options }, limits);
  run.drones.update(drones);
  for (const drone of drones) run.drones.set(drone.facts.name, "verified", null);
  run.setPlan({
    plan: "f".repeat(64),
    graph: {
      packages: [
        { cpv: "a/lib-1", estimate: 10, width: 4, build: [], run: [] },
        { cpv: "a/other-1", estimate: 1, build: [], run: [] },
        { cpv: "a/app-1", estimate: 10, build: [0], run: [0] },
        { cpv: "a/meta-1", estimate: 1, build: [], run: [2] },
      ],
    },
    planIndex: [0, 1, 2, 3],
    unresolvable: [],
    notices: [],
    present: 0,
  });
  run.enter("build", NOW);
  return run;
}

export const failure = (kind: FailureClass, message = "it broke"): BuildFailure => ({ class: kind, message });
export const artifact = (cpv: string) => ({
  cpv,
  buildId: 1,
  size: 2000,
  sha256: "a".repeat(64),
  prepareSeconds: 0,
  buildSeconds: 1,
  adopted: false,
});
export const stateOf = (run: RunState, cpv: string): string | undefined =>
  run.packages().find((p) => p.cpv === cpv)?.state;

/** Starts what can start, and reports on one package. */
export function attempt(run: RunState, cpv: string, outcome: BuildFailure | "ok", now = NOW): string {
  run.start(now);
  const delegation = run.delegations().find((d) => d.cpv === cpv);
  if (!delegation) throw new Error(`${cpv} does not build: ${run.why([cpv], now)[0]?.why}`);
  const { drone } = delegation;
  run.report(
    {
      cpv,
      attempt: delegation.attempt,
      drone,
      ...(outcome === "ok" ? { artifact: artifact(cpv) } : { failure: outcome }),
    },
    now,
  );
  return drone;
}
