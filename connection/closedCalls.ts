import type { ConnectionOptions } from "@temporalio/client";

type Interceptor = NonNullable<ConnectionOptions["interceptors"]>[number];
type Call = ReturnType<Interceptor>;

/** gRPC's FAILED_PRECONDITION: the SDK does not try that again. */
const NOT_AGAIN = 9;

/**
 * Ends calls that the SDK tries again on a connection that was closed meanwhile. It does so from a timer, where what gRPC
 * throws then would end the process. For a connection's `interceptors`, the last one.
 */
export function endingWithConnection(): Interceptor {
  const tried = new WeakSet<object>();
  return (options, next) => {
    try {
      return next(options) as Call;
    } catch (error) {
      // The first try is made where its caller can hear of it.
      if (!tried.has(options)) throw error;
      return endedCall();
    } finally {
      tried.add(options);
    }
  };
}

function endedCall(): Call {
  const call: Pick<Call, "start" | "sendMessage" | "halfClose" | "cancelWithStatus"> = {
    start: (metadata, listener) => {
      const status = {
        code: NOT_AGAIN,
        details: "the connection to the engine was closed",
        metadata: metadata.clone(),
      };
      queueMicrotask(() => listener?.onReceiveStatus?.(status));
    },
    sendMessage: () => {},
    halfClose: () => {},
    cancelWithStatus: () => {},
  };
  // All that is asked of a call that is tried again.
  return call as Call;
}
