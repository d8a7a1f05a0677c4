import {
  ActivityCancellationType,
  ApplicationFailure,
  condition,
  isCancellation,
  proxyActivities,
} from "@temporalio/workflow";
import {
  type BinhostActivities,
  type DroneControlActivities,
  QUEUES,
  type ResolveResult,
  type SyncRequest,
} from "../model/activities.ts";
import type { RunStep } from "../model/run.ts";
import { NO_LIMITS, writtenPatterns } from "../scheduler/limits.ts";
import { sentenceOf, wasNotTaken } from "./failures.ts";
import type { WorldUpdateInput, WorldUpdateResult } from "./messages.ts";
import type { RunState } from "./states/run.ts";
import { syncDrones, verifyDrones } from "./verify.ts";

/** How long a run waits for the first drone before it says that there is none. */
const FIRST_DRONE = "5m";

/** What the first steps of a run need. */
export interface Preparation {
  input: WorldUpdateInput;
  state: RunState;
  binhost: Pick<BinhostActivities, "pinTarget">;
  step: (name: RunStep, reason?: string) => void;
}

/** Sync, verify and resolve. Returns the outcome where there is nothing to build. */
export async function prepare({
  input,
  state,
  binhost,
  step,
}: Preparation): Promise<WorldUpdateResult["outcome"] | null> {
  step("sync", "waiting for a drone");
  if (!(await condition(() => state.drones.available().length > 0, FIRST_DRONE))) {
    stop("no drone is online. Start one: swarm drone NAME (or all of this machine: swarm up)");
  }
  step("sync");
  state.pin(await binhost.pinTarget(input.target));
  const request = syncRequest(input, state, { fetch: input.options.sync, pin: null });
  await syncDrones(state.drones, state.drones.available(), request);
  step("verify");
  const tree = await verifyDrones(state.drones, request);
  if (tree === null) {
    const reasons = state.drones.all().map((d) => `${d.name}: ${d.reason ?? "away"}`);
    stop(`no drone could be verified. ${reasons.join("; ")}`);
  }
  state.setTree(tree);
  step("resolve");
  const result = await resolve(input, state, tree);
  state.setPlan(result);
  if (result.unresolvable.length > 0 && !input.options.skipUnresolvable) {
    const atoms = result.unresolvable.flatMap((u) => u.atoms).join(", ");
    stop(`the world does not resolve: ${atoms}. Mend the target or the tree, or build the rest: --skip-unresolvable`);
  }
  if (state.neededCount() === 0) return "nothing-to-build";
  return input.options.dryRun ? "dry-run" : null;
}

/** Asks a verified drone; if it goes away meanwhile, the next one. */
async function resolve(input: WorldUpdateInput, state: RunState, tree: string): Promise<ResolveResult> {
  const { run, target, trees, atoms } = input;
  for (;;) {
    const name = state.drones.verified()[0];
    if (name === undefined) stop("no verified drone is left to resolve the plan");
    const { resolvePlan } = proxyActivities<DroneControlActivities>({
      taskQueue: QUEUES.control(name),
      scheduleToStartTimeout: "20s",
      startToCloseTimeout: "2h",
      heartbeatTimeout: "30s",
      retry: { initialInterval: "1s", maximumInterval: "15s", maximumAttempts: 3 },
      summary: `resolve ${atoms.join(" ")} on ${name}`,
    });
    try {
      const { bundle, base } = state.head;
      const patterns = writtenPatterns(input.limits ?? NO_LIMITS, state.drones.all());
      const request = { run, target, bundle: bundle ?? "", tree, trees, snapshot: base, atoms };
      return await resolvePlan({ ...request, ...(patterns.length > 0 ? { patterns } : {}) });
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (!wasNotTaken(error)) stop(`resolution failed on ${name}: ${sentenceOf(error)}`);
      state.drones.set(name, "unsynced", "did not answer");
    }
  }
}

/** What the binhost of a run does for it. */
export function binhostOf({ binhost }: WorldUpdateInput) {
  return proxyActivities<BinhostActivities>({
    taskQueue: QUEUES.binhost(binhost),
    startToCloseTimeout: "1h",
    heartbeatTimeout: "1m",
    retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });
}

/** What a drone is asked to have for a run. */
export function syncRequest(
  { run, target, trees }: WorldUpdateInput,
  state: RunState,
  { fetch, pin }: Pick<SyncRequest, "fetch" | "pin">,
): SyncRequest {
  return { run, target, trees, bundle: state.head.bundle ?? "", fetch, pin };
}

/** Ends the run with a reason that a person can act on. */
function stop(reason: string): never {
  throw ApplicationFailure.nonRetryable(reason, "RunStopped");
}
