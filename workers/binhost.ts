import { Worker } from "@temporalio/worker";
import { createBinhostActivities } from "../activities/binhost/activities.ts";
import { dataConverter } from "../connection/codec.ts";
import { connectWorker } from "../connection/worker.ts";
import { QUEUES } from "../model/activities.ts";
import { UserError } from "../model/errors.ts";
import { createBinhostServer } from "../store/server.ts";
import { openStore } from "../store/store.ts";
import { aborted, type Role, readToken } from "./role.ts";
import { installRuntime } from "./runtime.ts";

/** The binhost: owns the package store, serves it over HTTP, validates and publishes. Clients are served also without an engine. */
export const runBinhost: Role = async (config, _name, { signal, log, ready }) => {
  installRuntime(log);
  const { name, listen, port, dir } = config.binhost;
  const token = await readToken(config);
  const store = await openStore(dir, { name, log });
  const server = createBinhostServer(store, { token, name });
  try {
    await server.listen({ host: listen, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new UserError(`port ${port} on ${listen} is in use: set [binhost] port in swarm.toml to a free one`);
  }
  store.history.prepare();
  log(`binhost ${name}: serves ${dir} at ${config.binhost.url}`);
  try {
    const { connection, namespace } = await connectWorker(config, { signal, onWait: log });
    const worker = await Worker.create({
      connection,
      namespace,
      dataConverter,
      taskQueue: QUEUES.binhost(name),
      activities: createBinhostActivities(store),
      maxHeartbeatThrottleInterval: "1s",
      maxConcurrentActivityTaskExecutions: 8,
      shutdownGraceTime: "30s",
    });
    log(`binhost ${name}: takes work of namespace ${namespace}`);
    ready();
    await worker.runUntil(aborted(signal));
    await connection.close();
  } finally {
    await server.close();
    store.history.close();
  }
};
