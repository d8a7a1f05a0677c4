import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpError } from "./errors.ts";

/** A request's body. bytes */
export const MAX_BODY = 1024 * 1024;
/** Part of an address, decoded. characters */
export const MAX_PARAM = 400;
/** Streams that one gateway serves; more are sent to another one. */
export const MAX_STREAMS = 2_000;
/** Connections of all kinds; those that say nothing are closed soon. */
export const MAX_CONNECTIONS = 15_000;
/** Until the head of a request is there, and all of it. ms */
export const HEAD_WITHIN_MS = 10_000;
export const REQUEST_WITHIN_MS = 30_000;
/** A connection on which nothing moves. ms */
export const IDLE_MS = 75_000;
/** How often connections are looked through for those above. ms */
export const CHECK_CONNECTIONS_MS = 2_000;

const MINUTE_MS = 60_000;
/**
 * Requests of one token, or of one address without, in a minute. What is answered from memory is for monitoring that asks
 * all the time; what asks the engine or the binhost is for people.
 */
const LIMITS = { memory: 600_000, asking: 1_200, acting: 120, hook: 60 } as const;
export type Cost = keyof typeof LIMITS;
/** Wrong tokens of one address in a minute; then they are not even looked at. */
const WRONG_TOKENS = 20;

/** Counts a request; the answer rejects where there were too many. */
export type Counter = (request: FastifyRequest) => Promise<void>;

export interface Counters extends Record<Cost, Counter> {
  wrongToken: Counter;
}

/** Counts requests by what they cost, each token and each address without one by itself. */
export async function registerLimits(app: FastifyInstance): Promise<Counters> {
  await app.register(rateLimit, { global: false });
  const counter = (max: number, keyGenerator: (request: FastifyRequest) => string, what: string): Counter => {
    const count = app.createRateLimit({ max, timeWindow: MINUTE_MS, keyGenerator });
    return async (request) => {
      const said = await count(request);
      if (said.isAllowed || !said.isExceeded) return;
      throw new HttpError(429, `too many ${what}`, `Ask again in ${said.ttlInSeconds} s.`, said.ttlInSeconds);
    };
  };
  const byHolder = (cost: Cost): Counter =>
    counter(LIMITS[cost], ({ caller, ip }) => (caller.role === null ? ip : `token ${caller.name}`), "requests");
  return {
    memory: byHolder("memory"),
    asking: byHolder("asking"),
    acting: byHolder("acting"),
    hook: byHolder("hook"),
    wrongToken: counter(WRONG_TOKENS, ({ ip }) => ip, "wrong tokens"),
  };
}
