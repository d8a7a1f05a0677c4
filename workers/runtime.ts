import { DefaultLogger, makeTelemetryFilterString, Runtime } from "@temporalio/worker";

/** The SDK's runtime for a role: its warnings go to our log, and signals stay ours. */
export function installRuntime(log: (line: string) => void): void {
  Runtime.install({
    // The SDK would take SIGTERM for itself and leave before a drone has said goodbye.
    shutdownSignals: [],
    // The SDK's core warns many times a second while the engine is away; what matters of that the role says itself.
    // Not `forward`: its reader keeps a role alive that has ended with an error.
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: "ERROR", other: "ERROR" }), console: {} },
    },
    // Tells the engine soon that a process was killed; its default is a minute.
    workerHeartbeatInterval: "5s",
    logger: new DefaultLogger("WARN", ({ level, message, meta }) => {
      const error = meta?.error;
      log(`${level}: ${message}${error ? `: ${error instanceof Error ? error.message : String(error)}` : ""}`);
    }),
  });
}
