import { ApplicationFailure } from "@temporalio/common";
import { UserError } from "../../model/errors.ts";
import type { BuildFailure, FailureClass } from "../../model/failures.ts";
import { BinhostError } from "../../store/client.ts";

/** An error that carries its class to the workflow, which decides what happens next: Temporal must not retry it by itself. */
export function failureOf(failure: BuildFailure): ApplicationFailure {
  return ApplicationFailure.create({
    message: failure.message,
    type: failure.class,
    nonRetryable: true,
    details: [failure],
  });
}

/** Any error as a classified one; what is not known is `fallback`. */
export function classified(error: unknown, fallback: FailureClass): unknown {
  if (error instanceof BinhostError) return failureOf({ class: error.class, message: error.message });
  if (error instanceof UserError) return failureOf({ class: fallback, message: error.message });
  if (isDiskFull(error))
    return failureOf({ class: "infrastructure", message: "disk full: no space left on the drone's device" });
  return error;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
