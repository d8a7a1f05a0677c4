import type { Context, Tracer } from "@opentelemetry/api";
import {
  extractContextFromHeaders,
  headersWithContext,
} from "@temporalio/interceptors-opentelemetry/lib/instrumentation.js";
import {
  OpenTelemetryInboundInterceptor,
  OpenTelemetryInternalsInterceptor,
  OpenTelemetryOutboundInterceptor,
  SpanName,
} from "@temporalio/interceptors-opentelemetry/lib/workflow/index.js";
import {
  ContinueAsNew,
  type WorkflowInboundCallsInterceptor as InboundCalls,
  type WorkflowOutboundCallsInterceptor as OutboundCalls,
  type WorkflowInterceptors,
  workflowInfo,
} from "@temporalio/workflow";

type In<Method extends keyof InboundCalls> = Required<InboundCalls>[Method];
type Out<Method extends keyof OutboundCalls> = Required<OutboundCalls>[Method];

/** OpenTelemetry's status code of what failed. */
const ERROR = 2;

/**
 * Does `work` within a span that ends with it. The promise is `work`'s own: one more `await` in between, as the package's
 * methods have it, lets a workflow's commands come in another order than without traces, and a run that goes on where they
 * are turned on or off would not replay.
 */
function spanned<T>(tracer: Tracer, name: string, context: Context | undefined, work: () => Promise<T>): Promise<T> {
  const begin = (run: (span: ReturnType<Tracer["startSpan"]>) => Promise<T>): Promise<T> =>
    context ? tracer.startActiveSpan(name, {}, context, run) : tracer.startActiveSpan(name, run);
  return begin((span) => {
    const promise = work();
    promise.then(
      () => span.end(),
      (error: unknown) => {
        if (!(error instanceof ContinueAsNew)) span.setStatus({ code: ERROR, message: String(error) });
        span.end();
      },
    );
    return promise;
  });
}

class Inbound extends OpenTelemetryInboundInterceptor {
  override execute: In<"execute"> = (input, next) =>
    spanned(
      this.tracer,
      `${SpanName.WORKFLOW_EXECUTE}:${workflowInfo().workflowType}`,
      extractContextFromHeaders(input.headers),
      () => next(input),
    );

  override handleSignal: In<"handleSignal"> = (input, next) =>
    spanned(
      this.tracer,
      `${SpanName.WORKFLOW_HANDLE_SIGNAL}:${input.signalName}`,
      extractContextFromHeaders(input.headers),
      () => next(input),
    );

  override handleUpdate: In<"handleUpdate"> = (input, next) =>
    spanned(
      this.tracer,
      `${SpanName.WORKFLOW_HANDLE_UPDATE}:${input.name}`,
      extractContextFromHeaders(input.headers),
      () => next(input),
    );

  override validateUpdate: In<"validateUpdate"> = (input, next) => next(input);
  /** What watches asks every second: a span for each answer would bury the others. */
  override handleQuery: In<"handleQuery"> = (input, next) => next(input);
}

class Outbound extends OpenTelemetryOutboundInterceptor {
  override scheduleActivity: Out<"scheduleActivity"> = (input, next) =>
    this.#sent(`${SpanName.ACTIVITY_START}:${input.activityType}`, input, next);

  override startChildWorkflowExecution: Out<"startChildWorkflowExecution"> = (input, next) =>
    this.#sent(`${SpanName.CHILD_WORKFLOW_START}:${input.workflowType}`, input, next);

  override continueAsNew: Out<"continueAsNew"> = (input, next) =>
    this.#sent(`${SpanName.CONTINUE_AS_NEW}:${input.options.workflowType}`, input, next);

  override signalWorkflow: Out<"signalWorkflow"> = (input, next) =>
    this.#sent(`${SpanName.WORKFLOW_SIGNAL}:${input.signalName}`, input, next);

  /** Does what the workflow asks for within a span, and sends the span along. */
  #sent<Input extends { headers: Parameters<typeof headersWithContext>[0] }, T>(
    name: string,
    input: Input,
    next: (input: Input) => Promise<T>,
  ): Promise<T> {
    return spanned(this.tracer, name, undefined, () => next({ ...input, headers: headersWithContext(input.headers) }));
  }
}

/** Of the workflow bundle that is used while traces are on: the SDK looks for this name. */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [new Inbound()],
  outbound: [new Outbound()],
  internals: [new OpenTelemetryInternalsInterceptor()],
});
