import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { createBinhostActivities } from "../activities/binhost/activities.ts";
import { dataConverter } from "../connection/codec.ts";
import { connectWorker } from "../connection/worker.ts";
import { QUEUES } from "../model/activities.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { createBinhostServer } from "../store/server.ts";
import { openStore } from "../store/store.ts";
import { binhostMetrics } from "../telemetry/roleMetrics.ts";
import { measuredBinhost } from "./measured.ts";
import { aborted, type Role, readToken } from "./role.ts";
import { startTelemetry } from "./telemetry.ts";

/** Between two looks for logs that are old enough to go. ms */
const LOGS_MS = 6 * 3600_000;

/** The binhost: owns the package store, serves it over HTTP, validates and publishes. Clients are served also without an engine. */
export const runBinhost: Role = async (config, _name, { signal, log, ready }) => {
  const { name, listen, port, dir } = config.binhost;
  const token = await readToken(config);
  const { keepLogsDays, logLimitMib } = config.build;
  const store = await openStore(dir, { name, log, logLimitBytes: logLimitMib * 2 ** 20 });
  const telemetry = await startTelemetry(config, { role: "binhost", name, own: true }, { log });
  const { registry, tracing, health, metrics } = telemetry;
  const counts = registry && binhostMetrics(registry, { dir, pool: join(dir, "pool") });
  const server = createBinhostServer(store, { token, name, health, ...(registry && { metrics }) });
  try {
    await server.listen({ host: listen, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new UserError(`port ${port} on ${listen} is in use: set [binhost] port in swarm.toml to a free one`);
  }
  store.history.prepare();
  const removeOldLogs = (): void => {
    const complain = (error: unknown): void => log(`binhost ${name}: old logs stay: ${messageOf(error)}`);
    store.logs.removeOld(keepLogsDays, Date.now()).catch(complain);
  };
  removeOldLogs();
  const removing = setInterval(removeOldLogs, LOGS_MS);
  log(`binhost ${name}: serves ${dir} at ${config.binhost.url}`);
  try {
    const { connection, namespace } = await connectWorker(config, { signal, onWait: log });
    const activities = createBinhostActivities(store);
    const worker = await Worker.create({
      connection,
      namespace,
      dataConverter,
      taskQueue: QUEUES.binhost(name),
      activities: counts ? measuredBinhost(activities, counts) : activities,
      ...tracing.worker,
      maxHeartbeatThrottleInterval: "1s",
      maxConcurrentActivityTaskExecutions: 8,
      shutdownGraceTime: "30s",
    });
    log(`binhost ${name}: takes work of namespace ${namespace}`);
    telemetry.ready();
    ready();
    await worker.runUntil(aborted(signal));
    await connection.close();
  } finally {
    clearInterval(removing);
    await server.close();
    await telemetry.close();
    store.history.close();
  }
};
