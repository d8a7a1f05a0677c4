import { DefaultLogger, makeTelemetryFilterString, Runtime } from "@temporalio/worker";
import { messageOf } from "../model/errors.ts";
import { freePort } from "../system/ports.ts";

/** Names as Prometheus' conventions have them. */
const BY_CONVENTION = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true } as const;
/** The engine is mostly near: the SDK's own buckets begin at 50 ms. seconds */
const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Another process may take a port between the look for it and its use. */
const PORT_TRIES = 5;

/**
 * The SDK's runtime for a role: its warnings go to our log, and signals stay ours.
 * @param metrics whether the SDK tells its own metrics; where, is returned
 */
export async function installRuntime(log: (line: string) => void, metrics: boolean): Promise<string | null> {
  for (let tries = 1; metrics && tries <= PORT_TRIES; tries++) {
    const address = `127.0.0.1:${await freePort("127.0.0.1")}`;
    try {
      install(log, address);
      return `http://${address}`;
    } catch (error) {
      if (tries === PORT_TRIES) log(`no metrics of the Temporal SDK: ${messageOf(error)}`);
    }
  }
  install(log, null);
  return null;
}

function metricsOptions(bindAddress: string) {
  const histogramBucketOverrides = { request_latency: REQUEST_BUCKETS };
  return { prometheus: { bindAddress, ...BY_CONVENTION, histogramBucketOverrides }, attachServiceName: false };
}

function install(log: (line: string) => void, metricsAddress: string | null): void {
  Runtime.install({
    // The SDK would take SIGTERM for itself and leave before a drone has said goodbye.
    shutdownSignals: [],
    // The SDK's core warns many times a second while the engine is away; what matters of that the role says itself.
    // Not `forward`: its reader keeps a role alive that has ended with an error.
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: "ERROR", other: "ERROR" }), console: {} },
      ...(metricsAddress && { metrics: metricsOptions(metricsAddress) }),
    },
    // Tells the engine soon that a process was killed; its default is a minute.
    workerHeartbeatInterval: "5s",
    logger: new DefaultLogger("WARN", ({ level, message, meta }) => {
      const error = meta?.error;
      log(`${level}: ${message}${error ? `: ${error instanceof Error ? error.message : String(error)}` : ""}`);
    }),
  });
}
