import type { ClientOptions } from "@temporalio/client";
import type { WorkerOptions } from "@temporalio/worker";

/** What makes a client's and a worker's work traced; nothing of it where traces are off. */
export interface Tracing {
  /** Whether workflows need the bundle with the interceptors. */
  readonly on: boolean;
  readonly client: Pick<ClientOptions, "interceptors">;
  readonly worker: Pick<WorkerOptions, "interceptors" | "sinks">;
  /** Sends what was not sent yet. */
  close(): Promise<void>;
}

const OFF: Tracing = { on: false, client: {}, worker: {}, close: async () => {} };

/**
 * Whether OpenTelemetry's standard variables ask for traces: an exporter is named, or an endpoint for one.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function wantsTraces(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return false;
  const exporters = env.OTEL_TRACES_EXPORTER?.split(",").map((name) => name.trim()) ?? [];
  if (exporters.some((name) => name !== "")) return !exporters.includes("none");
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

let started: Promise<Tracing> | null = null;

/**
 * Traces of this process as the environment asks for them; where it does not, nothing of OpenTelemetry is even loaded.
 * @param service its name, unless OTEL_SERVICE_NAME says another
 */
export async function startTracing(service: string): Promise<Tracing> {
  if (!wantsTraces(process.env)) return OFF;
  started ??= import("./openTelemetry.ts").then(({ startOpenTelemetry }) => startOpenTelemetry(service));
  return await started;
}
