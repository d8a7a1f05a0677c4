import {
  ActivityCancellationType,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
} from "@temporalio/workflow";
import {
  type BinhostActivities,
  type DroneBuildActivities,
  type DroneControlActivities,
  QUEUES,
} from "../model/activities.ts";
import type { BuiltArtifact } from "../model/build.ts";
import { buildFailureOf, wasLostSight, wasNeverHeard, wasNotTaken } from "./failures.ts";
import { type BuildPackageInput, type PackageReport, packageReportSignal } from "./messages.ts";

/** Silence after which a build is asked for again, and the time that the drone has to take it: together under 45 s. */
const SILENCE = "15s";
const ANSWER = "20s";

/**
 * One attempt to build one package on one drone: compile -> upload -> validate. A success is its result: the artifact. What
 * else comes of it goes to the run by signal at once, before it is cleared up. It never fails by itself.
 */
export async function buildPackage(input: BuildPackageInput): Promise<BuiltArtifact | null> {
  const startedAt = Date.now();
  const outcome = await attempt(input, startedAt);
  if (outcome.artifact && input.returnsSuccess) return outcome.artifact;
  // At once: each costs the engine a step of its own, and none waits for another.
  await CancellationScope.nonCancellable(() =>
    Promise.all([report(input, outcome), discard(input), recordFailure(input, outcome, startedAt)]),
  );
  return null;
}

type Outcome = Pick<PackageReport, "artifact" | "failure" | "cancelled">;

async function attempt(input: BuildPackageInput, startedAt: number): Promise<Outcome> {
  const { order, drone } = input;
  try {
    setCurrentDetails(`building on ${drone}, -j${order.jobs}`);
    const artifact = await build(input);
    setCurrentDetails(`uploading from ${drone}: ${artifact.size} bytes`);
    const rejected = await deliver(input, artifact, startedAt);
    return rejected === null ? { artifact } : { failure: { class: "drone", message: rejected } };
  } catch (error) {
    if (isCancellation(error)) return { cancelled: true };
    if (wasNotTaken(error) || wasNeverHeard(error))
      return { failure: { class: "lost", message: `${drone} did not answer` } };
    return { failure: buildFailureOf(error) };
  }
}

async function report({ order, drone, reportTo }: BuildPackageInput, outcome: Outcome): Promise<void> {
  const { cpv, attempt } = order;
  await getExternalWorkflowHandle(reportTo)
    .signal(packageReportSignal, { cpv, attempt, drone, ...outcome })
    // The run is over: nobody waits for the report.
    .catch(() => {});
}

/** Offers the build until the drone took it and ended it. The same attempt offered again adopts what runs already. */
async function build({ order, drone }: BuildPackageInput): Promise<BuiltArtifact> {
  const activities = proxyActivities<DroneBuildActivities>({
    taskQueue: QUEUES.build(drone),
    scheduleToStartTimeout: ANSWER,
    startToCloseTimeout: "7d",
    heartbeatTimeout: SILENCE,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: `compile ${order.cpv} on ${drone}`,
  });
  for (let asked = false; ; asked = true) {
    try {
      return await activities.build(order);
    } catch (error) {
      // The server may have been away for longer than the silence allowed, with the build well: ask again. A drone whose
      // machine lost its power or network leaves polls behind at the server, each of which would take an offer.
      if (!wasLostSight(error) || (asked && wasNeverHeard(error))) throw error;
    }
  }
}

/** Uploads and validates. Returns the reason of a rejection, or null. Waits for a binhost that is away. */
async function deliver(
  { order, drone, binhost }: BuildPackageInput,
  artifact: BuiltArtifact,
  startedAt: number,
): Promise<string | null> {
  const builtAt = Date.now();
  const { upload } = proxyActivities<DroneControlActivities>({
    taskQueue: QUEUES.control(drone),
    scheduleToStartTimeout: ANSWER,
    startToCloseTimeout: "1d",
    heartbeatTimeout: SILENCE,
    retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "30s" },
    summary: `upload ${order.cpv}`,
  });
  const { validate } = proxyActivities<BinhostActivities>({
    taskQueue: QUEUES.binhost(binhost),
    startToCloseTimeout: "30m",
    heartbeatTimeout: "30s",
    retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "30s" },
    summary: `validate ${order.cpv}`,
  });
  await upload({ order, artifact });
  const times = { startedAt, builtAt, endedAt: Date.now() };
  return (await validate({ order, drone, artifact, times })).rejected;
}

/** For the build history; validate has noted a success. Best effort: the history matters less than the run. */
async function recordFailure(
  { order, drone, binhost }: BuildPackageInput,
  { artifact, failure }: Outcome,
  startedAt: number,
): Promise<void> {
  if (artifact) return;
  const { record } = proxyActivities<BinhostActivities>({
    taskQueue: QUEUES.binhost(binhost),
    scheduleToCloseTimeout: "1m",
    startToCloseTimeout: "20s",
    retry: { maximumAttempts: 3 },
    summary: `record ${order.cpv}`,
  });
  const times = { startedAt, endedAt: Date.now() };
  const result = failure?.class ?? "cancelled";
  const message = failure?.message ?? null;
  await record({ order, drone, times, result, message, usage: failure?.usage ?? null }).catch(() => {});
}

/** Frees what a failed attempt left on the drone. Best effort: a drone cleans up by itself too. */
async function discard({ order, drone }: BuildPackageInput): Promise<void> {
  const activities = proxyActivities<DroneControlActivities>({
    taskQueue: QUEUES.control(drone),
    scheduleToStartTimeout: "1m",
    startToCloseTimeout: "1m",
    retry: { maximumAttempts: 3 },
    summary: `discard ${order.cpv}`,
  });
  await activities.discard(order).catch(() => {});
}
