import { createDroneActivities } from "../activities/drone/activities.ts";
import { droneConfig } from "../config/drones.ts";
import type { DroneConfig, SwarmConfig } from "../config/schema.ts";
import { connectWorker } from "../connection/worker.ts";
import { usageError } from "../model/errors.ts";
import { ensurePortage } from "../portage/install.ts";
import { BinhostClient } from "../store/client.ts";
import { holdLock } from "../system/lock.ts";
import { droneMetrics } from "../telemetry/roleMetrics.ts";
import { measuredDrone } from "./measured.ts";
import { type Role, type RoleContext, readToken } from "./role.ts";
import { serveDrone } from "./serveDrone.ts";
import { type RoleTelemetry, startTelemetry } from "./telemetry.ts";

/** The drone: builds packages in its own directory. Its builds outlive it and are taken over by its next life. */
export const runDrone: Role = async (config, name, context) => {
  if (name === null) throw usageError("swarm drone needs a name: swarm drone NAME");
  const drone = { name, ...droneConfig(config, name) };
  const token = await readToken(config);
  const lock = await holdLock(`${drone.dir}/lock`, `drone ${name} runs already in ${drone.dir}`);
  const telemetry = await startTelemetry(config, { role: "drone", name }, context);
  try {
    await work(config, drone, token, telemetry, context);
  } finally {
    await telemetry.close();
    await lock[Symbol.asyncDispose]();
  }
};

async function work(
  config: SwarmConfig,
  drone: DroneConfig & { name: string },
  token: string,
  telemetry: RoleTelemetry,
  { signal, log, ready }: RoleContext,
): Promise<void> {
  const { name } = drone;
  const portage = await ensurePortage({ cacheDir: config.swarm.cacheDir, env: process.env, onProgress: log });
  const activities = await createDroneActivities({
    drone,
    portage,
    binhost: new BinhostClient(config.binhost.url, token),
    keepLogsDays: config.build.keepLogsDays,
    logLimitBytes: config.build.logLimitMib * 2 ** 20,
    log,
    stop: signal,
  });
  const { connection, namespace } = await connectWorker(config, { signal, onWait: log });
  const enrolled = (): void => {
    log(
      `drone ${name}: enrolled, ${drone.cores} cores declared, ${drone.slots} slots, builds with -j${drone.maxJobs} at most`,
    );
    telemetry.ready();
    ready();
  };
  const { registry, tracing } = telemetry;
  const measured = registry ? measuredDrone(activities, droneMetrics(registry, name, drone.dir)) : activities;
  try {
    const { lowDiskGib } = config.alerts;
    const served = { name, slots: drone.slots, token, work: measured, tracing, lowDiskGib };
    await serveDrone(served, { connection, namespace }, { signal, log, ready: enrolled });
  } finally {
    await connection.close();
  }
}
