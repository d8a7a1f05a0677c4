import type { ConnectionOptions } from "@temporalio/client";

type Interceptor = NonNullable<ConnectionOptions["interceptors"]>[number];
type Call = ReturnType<Interceptor>;
type Listener = Parameters<Call["start"]>[1];

/** The engine answers these when there is something to say, or after 20 s. */
const WAITING = /^(Poll|GetWorkflowExecutionHistory$|ListNexus)/;
/** So long one of those may take. ms */
const WAIT_MS = 40_000;
/** These change nothing. */
const ASKING = /^(Get|List|Describe|Query|Count|Poll)/;
/** gRPC's. */
const DEADLINE_EXCEEDED = 4;
/** What such an error has in its metadata that came of a call which may be carried out all the same. */
const SENT = "swarm-sent";

/**
 * Gives calls that have no deadline one that is `ms` from now, for a connection's `interceptors`, before those that try again:
 * it holds for all tries of a call. Whoever waits for an engine that hangs hears so, and does nothing later.
 */
export function answeredWithin(ms: number): Interceptor {
  return (options, next) => {
    const method = options.method_definition.path.split("/").at(-1) ?? "";
    const most = WAITING.test(method) ? WAIT_MS : ms;
    const call = next({ ...options, deadline: options.deadline ?? Date.now() + most });
    if (ASKING.test(method)) return call as Call;
    const start = call.start.bind(call);
    call.start = (metadata, listener) => {
      start(metadata, {
        onReceiveMetadata: (received) => listener?.onReceiveMetadata?.(received),
        onReceiveMessage: (message) => listener?.onReceiveMessage?.(message),
        onReceiveStatus: (status) => {
          if (status.code === DEADLINE_EXCEEDED) status.metadata.set(SENT, method);
          listener?.onReceiveStatus?.(status);
        },
      } satisfies Listener);
    };
    return call as Call;
  };
}

/** Whether an error leaves open if the engine has done, or will do, what it was asked for. */
export function mayBeDone(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ("metadata" in each && isMetadata(each.metadata) && each.metadata.get(SENT).length > 0) return true;
  }
  return false;
}

function isMetadata(value: unknown): value is { get: (key: string) => unknown[] } {
  return typeof value === "object" && value !== null && "get" in value && typeof value.get === "function";
}
