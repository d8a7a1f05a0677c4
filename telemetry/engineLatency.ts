import { type ConnectionOptions, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from "@temporalio/client";
import { Histogram, type Registry } from "prom-client";

type Interceptor = NonNullable<ConnectionOptions["interceptors"]>[number];
type Call = ReturnType<Interceptor>;
type Listener = Parameters<Call["start"]>[1];

/** Questions that the engine answers when there is something to say. */
const WAITING = /^(Poll|UpdateWorkflowExecution$|GetWorkflowExecutionHistory$|ListNexus)/;
/** seconds */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/**
 * Measures how long the engine takes to answer a client, for its connection's `interceptors`; of a worker's connection the
 * SDK tells that itself (temporal_request_latency_seconds). What waits for an event is left out.
 */
export function engineLatency(registry: Registry): Interceptor[] {
  const latency = new Histogram({
    name: "swarm_engine_request_duration_seconds",
    help: "How long the engine took to answer, by method and gRPC status.",
    labelNames: ["method", "code"],
    buckets: BUCKETS,
    registers: [registry],
  });
  const measure: Interceptor = (options, next) => {
    const call = next(options);
    const method = options.method_definition.path.split("/").at(-1) ?? "";
    if (WAITING.test(method)) return call as Call;
    const began = performance.now();
    const start = call.start.bind(call);
    call.start = (metadata, listener) => {
      start(metadata, {
        onReceiveMetadata: (received) => listener?.onReceiveMetadata?.(received),
        onReceiveMessage: (message) => listener?.onReceiveMessage?.(message),
        onReceiveStatus: (status) => {
          latency.observe({ method, code: status.code }, (performance.now() - began) / 1000);
          listener?.onReceiveStatus?.(status);
        },
      } satisfies Listener);
    };
    return call as Call;
  };
  // Inside the SDK's own, which would be left out otherwise: each try counts by itself.
  return [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), measure];
}
