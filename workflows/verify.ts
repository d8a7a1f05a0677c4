import { ActivityCancellationType, isCancellation, proxyActivities } from "@temporalio/workflow";
import { type DroneControlActivities, QUEUES, type SyncRequest } from "../model/activities.ts";
import { sentenceOf, wasNotTaken } from "./failures.ts";
import { differences, type RunDrones, referenceReport } from "./states/runDrones.ts";

const control = (drone: string): DroneControlActivities =>
  proxyActivities<DroneControlActivities>({
    taskQueue: QUEUES.control(drone),
    scheduleToStartTimeout: "20s",
    startToCloseTimeout: "1h",
    heartbeatTimeout: "30s",
    retry: { initialInterval: "1s", maximumAttempts: 3 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    summary: `sync ${drone}`,
  });

/** Syncs drones; each one's report, or what went wrong, is in `drones` afterwards. */
export async function syncDrones(drones: RunDrones, names: readonly string[], request: SyncRequest): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      drones.set(name, "syncing", null);
      try {
        drones.set(name, "syncing", null, await control(name).syncTree(request));
      } catch (error) {
        if (isCancellation(error)) throw error;
        // Who is away is no STALE drone: it joins when it answers.
        if (wasNotTaken(error)) drones.set(name, "unsynced", "did not answer");
        else drones.set(name, "stale", sentenceOf(error));
      }
    }),
  );
}

/**
 * All must agree. Who differs is synced once more, then left out as STALE.
 * @returns the tree identity that the verified drones share, or null where no drone is left.
 */
export async function verifyDrones(drones: RunDrones, request: SyncRequest): Promise<string | null> {
  const compare = (): string[] => {
    const reports = drones
      .all()
      .flatMap((d) => (d.online && d.report && (d.state === "syncing" || d.state === "verified") ? [d.report] : []));
    const reference = referenceReport(reports);
    if (!reference) return [];
    return reports
      .filter((report) => {
        const difference = differences(report, reference);
        drones.set(report.name, difference === null ? "verified" : "stale", difference);
        return difference !== null;
      })
      .map((report) => report.name);
  };
  const differing = compare();
  if (differing.length > 0) {
    await syncDrones(drones, differing, { ...request, fetch: true });
    compare();
  }
  const first = drones.verified()[0];
  return drones.all().find((d) => d.name === first)?.report?.tree ?? null;
}

/** A drone that joins a run under way: it must bring exactly what the run has pinned. */
export async function verifyJoiner(drones: RunDrones, name: string, request: SyncRequest): Promise<void> {
  const reference = drones.all().find((d) => d.state === "verified" && d.report && d.name !== name)?.report;
  await syncDrones(drones, [name], request);
  const joiner = drones.all().find((d) => d.name === name);
  if (!joiner?.report || joiner.state !== "syncing") return;
  const difference = reference
    ? differences(joiner.report, reference)
    : joiner.report.tree === request.pin
      ? null
      : `tree ${joiner.report.tree} instead of ${request.pin}`;
  drones.set(name, difference === null ? "verified" : "stale", difference);
}
