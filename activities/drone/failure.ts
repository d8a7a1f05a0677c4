import { ApplicationFailure } from "@temporalio/common";
import { UserError } from "../../model/errors.ts";
import type { BuildFailure, FailureClass } from "../../model/failures.ts";
import type { LogFailure } from "../../model/logs.ts";
import { BinhostError } from "../../store/transport.ts";

/** Of what the binhost keeps beside a log. */
const MAX_WORDS = 300;

/** An error that carries its class to the workflow, which decides what happens next: Temporal must not retry it by itself. */
export function failureOf(failure: BuildFailure): ApplicationFailure {
  return ApplicationFailure.create({
    message: failure.message,
    type: failure.class,
    nonRetryable: true,
    details: [failure],
  });
}

/** What the log of an attempt that failed is found by. */
export function logFailure(error: unknown): LogFailure {
  const [details] = (error instanceof ApplicationFailure && error.details) || [];
  const { phase, errorLine, message } = (details ?? {}) as Partial<BuildFailure>;
  const words = errorLine ?? message;
  return {
    ...(phase !== undefined && { phase }),
    ...(words !== undefined && { errorLine: words.slice(0, MAX_WORDS) }),
  };
}

/** A binhost that restarts is back by then. */
const BINHOST_BACK = "10s";

/**
 * Any error as a classified one; what is not known is `fallback`. Only a binhost that is away is worth asking again at once:
 * activities that may be tried more than once are.
 */
export function classified(error: unknown, fallback: FailureClass): unknown {
  if (error instanceof BinhostError) {
    const failure: BuildFailure = { class: error.class, message: error.message };
    if (error.status !== 0 && error.status < 500) return failureOf(failure);
    return ApplicationFailure.create({
      message: failure.message,
      type: failure.class,
      nextRetryDelay: BINHOST_BACK,
      details: [failure],
    });
  }
  if (error instanceof UserError) return failureOf({ class: fallback, message: error.message });
  if (isDiskFull(error))
    return failureOf({ class: "infrastructure", message: "disk full: no space left on the drone's device" });
  return error;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
