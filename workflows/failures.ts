import { TimeoutType } from "@temporalio/common";
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from "@temporalio/workflow";
import { type BuildFailure, FAILURE_CLASSES, type FailureClass } from "../model/failures.ts";

/** The activity was not taken in time: nobody polls its queue. */
export function wasNotTaken(error: unknown): boolean {
  return timeoutOf(error) === TimeoutType.SCHEDULE_TO_START;
}

/** The activity fell silent or ran too long; whether its worker died or the server was away is not known. */
export function wasLostSight(error: unknown): boolean {
  const timeout = timeoutOf(error);
  return timeout === TimeoutType.HEARTBEAT || timeout === TimeoutType.START_TO_CLOSE;
}

/** Nothing was heard of the activity, not even its beginning: it went to a connection whose drone is gone. */
export function wasNeverHeard(error: unknown): boolean {
  return (
    timeoutOf(error) === TimeoutType.HEARTBEAT &&
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    (error.cause.lastHeartbeatDetails ?? null) === null
  );
}

function timeoutOf(error: unknown): TimeoutType | null {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure ? error.cause.timeoutType : null;
}

/** The failure in an activity's error: what the drone said, or `infrastructure` for anything unclassified. */
export function buildFailureOf(error: unknown): BuildFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isClass(cause.type)) {
    const details = cause.details?.[0] as BuildFailure | undefined;
    return details ?? { class: cause.type, message: cause.message };
  }
  return { class: "infrastructure", message: cause instanceof Error ? cause.message : String(cause) };
}

/** One sentence out of an activity's error. */
export function sentenceOf(error: unknown): string {
  return buildFailureOf(error).message;
}

const isClass = (type: string | null | undefined): type is FailureClass =>
  FAILURE_CLASSES.some((name) => name === type);
