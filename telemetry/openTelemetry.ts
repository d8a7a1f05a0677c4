import { randomBytes } from "node:crypto";
import { type Context, ROOT_CONTEXT, type SpanContext, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import {
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
  type SerializableSpan,
} from "@temporalio/interceptors-opentelemetry";
import type { WorkflowInfo } from "@temporalio/workflow";
import type { Tracing } from "./tracing.ts";

/** Starts OpenTelemetry for traces alone, configured by its standard variables. Once in a process. */
export function startOpenTelemetry(service: string): Tracing {
  const ids = new GivenIds();
  const isNamed = process.env.OTEL_SERVICE_NAME || /service\.name=/.test(process.env.OTEL_RESOURCE_ATTRIBUTES ?? "");
  const sdk = new NodeSDK({
    idGenerator: ids,
    // Metrics are Prometheus', logs are files: an endpoint for traces is none for those.
    ...{ metricReaders: [], logRecordProcessors: [], instrumentations: [] },
    ...(isNamed ? {} : { serviceName: service }),
  });
  sdk.start();
  return {
    on: true,
    client: { interceptors: { workflow: [new QuietClientInterceptor()] } },
    worker: {
      interceptors: {
        activity: [
          (context) => ({
            inbound: new OpenTelemetryActivityInboundInterceptor(context),
            outbound: new OpenTelemetryActivityOutboundInterceptor(context),
          }),
        ],
      },
      sinks: {
        exporter: {
          export: { fn: (info: WorkflowInfo, spans: SerializableSpan[]) => retell(info, spans, ids) },
        },
      },
    },
    close: () => sdk.shutdown(),
  };
}

/** Queries are asked every second by whoever watches: a span for each would bury the others. */
class QuietClientInterceptor extends OpenTelemetryWorkflowClientInterceptor {
  override query: OpenTelemetryWorkflowClientInterceptor["query"] = (input, next) => next(input);
  override describe: OpenTelemetryWorkflowClientInterceptor["describe"] = (input, next) => next(input);
}

/**
 * Tells the spans of a workflow again in this process, with the ids that they were given in the workflow's sandbox. What comes
 * from there is the data of an older release of OpenTelemetry, which this one's exporters cannot send.
 */
function retell(info: WorkflowInfo, spans: readonly SerializableSpan[], ids: GivenIds): void {
  const tracer = trace.getTracer("build-swarm/workflows");
  for (const span of spans) {
    const { traceId, spanId, traceFlags } = span.spanContext;
    const { workflowId, runId, workflowType, taskQueue } = info;
    const own = ids.give({ traceId, spanId }, () =>
      tracer.startSpan(
        span.name,
        {
          kind: span.kind,
          startTime: span.startTime,
          attributes: { ...span.attributes, workflowId, runId, workflowType, taskQueue },
          links: span.links,
        },
        parentOf({ traceId, spanId: span.parentSpanId ?? "", traceFlags }),
      ),
    );
    for (const { name, attributes, time } of span.events) own.addEvent(name, attributes, time);
    own.setStatus(span.status);
    own.end(span.endTime);
  }
}

function parentOf(parent: SpanContext): Context {
  return parent.spanId === "" ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

interface Ids {
  traceId: string;
  spanId: string;
}

/** Makes ids at random, but for spans that have theirs already. */
class GivenIds {
  #given: Ids | null = null;

  /** @param make starts one span. */
  give<T>(ids: Ids, make: () => T): T {
    this.#given = ids;
    try {
      return make();
    } finally {
      this.#given = null;
    }
  }

  generateTraceId = (): string => this.#given?.traceId ?? randomBytes(16).toString("hex");
  generateSpanId = (): string => this.#given?.spanId ?? randomBytes(8).toString("hex");
}
