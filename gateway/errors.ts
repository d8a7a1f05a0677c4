import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { mayBeDone } from "../connection/callDeadlines.ts";
import { messageOf, Unanswered, UnknownName, UserError } from "../model/errors.ts";
import { isUnanswered } from "../operations/engine.ts";
import { BinhostError } from "../store/transport.ts";

/** A refusal with its HTTP status. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** What to do about it. */
  readonly hint: string | null;

  /** When it may be tried again. s */
  readonly retryAfter: number | null;

  constructor(status: number, message: string, hint: string | null = null, retryAfter: number | null = null) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }
}

/** What every refusal looks like to its reader. */
export interface Refusal {
  status: number;
  error: string;
  hint: string | null;
}

const HINTS: Record<string, { status: number; error: string; hint: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    error: "the body is too large",
    hint: "At most 1 MiB is taken, 4 MiB of a history.",
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    error: "the body is of a kind that is not taken here",
    hint: "Send JSON with content-type: application/json.",
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, error: "the body is not JSON", hint: "Send one JSON object." },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, error: "the body is empty", hint: "Send one JSON object, {} at least." },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    error: "the body has another length than was announced",
    hint: "Send content-length as it is.",
  },
  FST_ERR_BAD_URL: { status: 400, error: "the address is not well formed", hint: "Escape what is not plain in it." },
  FST_ERR_MAX_PARAM_LENGTH: {
    status: 414,
    error: "a part of the address is too long",
    hint: "At most 400 characters.",
  },
};

const START_UP = "Start what is missing: swarm up";
const MAY_BE_DONE = "It was sent, and may still be done: look before it is repeated.";

/**
 * An error in words for whoever asked. A defect of ours is told as such, without what only we can read: `isDefect` is for
 * the log.
 * @param down why the engine or the orchestrators cannot answer now; null: they can
 * @param params of the request's path: what names nothing there is not found
 */
export function refusalOf(error: unknown, down: string | null, params?: unknown): Refusal & { isDefect?: true } {
  if (error instanceof HttpError) return { status: error.status, error: error.message, hint: error.hint };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const words = error.validation.map(
      ({ instancePath, message }) => `${error.validationContext ?? "request"}${instancePath}: ${message ?? "wrong"}`,
    );
    return { status: 400, error: words.join("; "), hint: "See /docs for what is taken here." };
  }
  if (error instanceof BinhostError) {
    if (error.status >= 500) {
      // Its words may name files of that machine.
      const hint = "The gateway's log says why.";
      return { status: 502, error: "the binhost could not do that", hint, isDefect: true };
    }
    if (error.status === 0) return { status: 503, error: error.message, hint: "Start it: swarm up (or swarm binhost)" };
    const status = error.status === 404 || error.status === 400 || error.status === 409 ? error.status : 502;
    return { status, error: error.message, hint: error.hint };
  }
  if (error instanceof Unanswered) return { status: 503, error: error.message, hint: START_UP };
  if (error instanceof UserError) {
    const [first = "", ...rest] = error.problems;
    const hint = rest.length > 0 ? rest.join("\n") : null;
    const isInPath = error instanceof UnknownName && Object.values(Object(params)).includes(error.given);
    return { status: isInPath ? 404 : error.exitCode === 2 ? 400 : 409, error: first, hint };
  }
  if (error instanceof Error && error.name === "WorkflowUpdateFailedError" && error.cause) {
    return { status: 409, error: messageOf(error.cause), hint: "GET /api/v1/state says what can be done now." };
  }
  if (error instanceof Error && error.name === "WorkflowNotFoundError") {
    return { status: 404, error: "there is no such run", hint: "GET /api/v1/runs lists them." };
  }
  if (isUnanswered(error) || isConnectionLoss(error)) {
    const missing = down ?? "the engine does not answer";
    return { status: 503, error: missing, hint: mayBeDone(error) ? `${MAY_BE_DONE} ${START_UP}` : START_UP };
  }
  const { code = "", statusCode } = error as Partial<FastifyError>;
  const known = HINTS[code];
  if (known) return known;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, error: messageOf(error), hint: null };
  }
  return {
    status: 500,
    error: "the gateway could not do that",
    hint: "Its log says why. Nothing of a run depends on it.",
    isDefect: true,
  };
}

/** gRPC's UNAVAILABLE. */
function isConnectionLoss(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ("code" in each && each.code === 14) return true;
  }
  return false;
}
