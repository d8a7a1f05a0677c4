import { join } from "node:path";
import type { DroneConfig } from "../../config/schema.ts";
import type { DroneBuildActivities, DroneControlActivities } from "../../model/activities.ts";
import { messageOf } from "../../model/errors.ts";
import type { DroneFacts } from "../../model/fleet.ts";
import type { PortageInstallation } from "../../portage/install.ts";
import type { BinhostClient } from "../../store/client.ts";
import { openCgroups } from "../../system/cgroups.ts";
import { commandEntry } from "../../system/commandEntry.ts";
import { GIB, trimDirectory } from "../../system/disk.ts";
import { ForeignLoad, processorTimes } from "../../system/foreignLoad.ts";
import { ArtifactCache } from "./artifactCache.ts";
import { attemptOf, attemptsOnDisk } from "./attempt.ts";
import { Builds } from "./build.ts";
import { isCompiling } from "./compiling.ts";
import { type ActivityContext, beating, leave, temporalContext } from "./context.ts";
import { diskOfBuilds } from "./diskOfBuilds.ts";
import { Documents } from "./documents.ts";
import { droneFacts } from "./facts.ts";
import { classified, failureOf } from "./failure.ts";
import { keepFor } from "./logKeep.ts";
import { LogStreams } from "./logStream.ts";
import { removeOldLogs } from "./logs.ts";
import { resolvePlan } from "./resolvePlan.ts";
import { measuredSpeed } from "./speed.ts";
import { SUPERVISE } from "./supervisor.ts";
import { syncDrone } from "./sync.ts";
import { TreeStore } from "./trees/treeStore.ts";
import { uploadArtifact } from "./upload.ts";

export interface DroneDeps {
  drone: DroneConfig & { name: string };
  portage: PortageInstallation;
  binhost: BinhostClient;
  keepLogsDays: number;
  /** What the binhost keeps of one build log. */
  logLimitBytes: number;
  log: (message: string) => void;
  /** The drone ends. Builds run on. */
  stop?: AbortSignal;
  /** Where an activity's context comes from: Temporal's, unless a test gives its own. */
  context?: () => ActivityContext;
}

/** What a drone does. `attend` is its worker's own. */
export type DroneActivities = DroneBuildActivities &
  Omit<DroneControlActivities, "attend"> & {
    facts(): Promise<DroneFacts>;
  };

/** Well under the heartbeat timeouts of the workflows. ms */
const HEARTBEAT_MS = 5_000;
/** Source archives that were fetched. */
const DISTFILES_BYTES = 20 * GIB;

/**
 * The activities of one drone, which has its directory to itself. What an earlier life left is put in order first: builds that
 * run or have ended wait to be claimed.
 */
export async function createDroneActivities(deps: DroneDeps): Promise<DroneActivities> {
  const { drone, portage, binhost, context: contextOf = temporalContext } = deps;
  const documents = new Documents(binhost);
  const trees = new TreeStore(join(drone.dir, "trees"));
  const artifacts = new ArtifactCache(join(drone.dir, "artifacts"), binhost);
  const speed = await measuredSpeed(drone.dir);
  // Other drones of this machine and their builds, and the swarm's other roles, are no foreign load.
  const own = { pid: process.pid, programs: [SUPERVISE, commandEntry()] };
  const load = new ForeignLoad(() => processorTimes(own));
  const keep = keepFor(deps.logLimitBytes);
  const logs = new LogStreams(binhost.logs, { log: deps.log, keep, stop: deps.stop });
  const builds = new Builds({
    ...{ drone, portage, documents, artifacts, speed, logs, keep, log: deps.log },
    cores: Math.min(drone.cores, drone.coresLimit),
    cgroups: await openCgroups(drone.name, drone.memoryGib * GIB),
    treeLocations: async (identity) => (await trees.find(identity))?.locations ?? null,
  });
  await builds.cleanAttempts();
  const growing = new Set((await attemptsOnDisk(drone)).map(({ log }) => log));
  await logs.resume(join(drone.dir, "logs"), (file) => growing.has(file));
  const tidy = async (): Promise<void> => {
    await removeOldLogs(join(drone.dir, "logs"), deps.keepLogsDays, Date.now());
    await artifacts.trim();
    await trimDirectory(join(drone.dir, "distfiles"), DISTFILES_BYTES);
  };
  await tidy();

  /** For what may be given up half way and done again: heartbeats, classified errors. */
  const working = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const context = contextOf();
    try {
      return await beating(context, HEARTBEAT_MS, () => work(context.signal));
    } catch (error) {
      if (context.signal.aborted) return leave(context.reason());
      throw classified(error, "drone");
    }
  };

  return {
    build: (order) => builds.build(order, contextOf()),
    upload: async (request) => {
      const context = contextOf();
      const { order, artifact } = request;
      const send = () => uploadArtifact({ drone, binhost }, request, context);
      await builds.uploading(order, () => beating(context, HEARTBEAT_MS, send));
      // The binhost has it on its disk. What cannot be moved or removed now is a leftover, which goes later.
      const complain = (error: unknown): void => deps.log(messageOf(error));
      await artifacts.keep(artifact.sha256, attemptOf(drone, order).packageFile(artifact.buildId)).catch(complain);
      await builds.discard(order).catch(complain);
    },
    discard: (order) => working(() => builds.discard(order)),
    isCompiling: (order) => isCompiling(attemptOf(drone, order)),
    facts: async () => {
      const measured = { speed, linkBytesPerSecond: artifacts.linkBytesPerSecond, foreignCores: load.cores() };
      const ownDiskBytes = (await diskOfBuilds(drone)).taken + artifacts.bytes;
      return await droneFacts({ drone, portage, ...measured, ownDiskBytes });
    },

    syncTree: (request) =>
      working(async (signal) => {
        await tidy();
        return await syncDrone({ drone, portage, documents, trees }, request, signal);
      }),

    resolvePlan: (request) =>
      working(async (signal) => {
        const set = await trees.find(request.tree);
        if (!set) {
          const message = `${drone.name} does not have tree ${request.tree} any more`;
          throw failureOf({ class: "stale", message });
        }
        const bundle = await documents.bundle(request.bundle);
        const services = { portage, binhost, rootsDir: join(drone.dir, "roots"), prefixLength: drone.prefixLength };
        return await resolvePlan(request, bundle, set.locations, services, signal);
      }),
  };
}
