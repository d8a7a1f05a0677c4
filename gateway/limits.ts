import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpError } from "./errors.ts";

/** A request's body. bytes */
export const MAX_BODY = 1024 * 1024;
/** ... of a forge: a push of many commits names them all. bytes */
export const MAX_PUSH = 8 * 1024 * 1024;
/** Part of an address, decoded. characters */
export const MAX_PARAM = 400;
/** Connections of all kinds; those that say nothing are closed soon. */
export const MAX_CONNECTIONS = 15_000;

/** What one gateway bears. */
export interface Limits {
  /** Until the head of a request is there, and all of it. ms */
  headWithinMs: number;
  requestWithinMs: number;
  /** A connection on which nothing moves. ms */
  idleMs: number;
  /** How often connections are looked through for those above. ms */
  checkConnectionsMs: number;
  /** Live streams, and those of one token, or address without one; more are sent to another gateway. */
  streams: number;
  streamsEach: number;
  /** Those who follow logs, and those of one token, or address without one. */
  followers: number;
  followersEach: number;
  /** What the bodies of requests hold until they are answered, and those of one token, or address without one. bytes */
  bodies: number;
  bodiesEach: number;
  /** A forecast is given up after so long, and another one's end is waited for so long. ms */
  forecastWithinMs: number;
  forecastWaitMs: number;
  /** What waits in this process for all who read streams. bytes */
  waiting: number;
  /** Who takes nothing of what waits for so long is dropped. ms */
  stallMs: number;
  /** How often that is looked at. ms */
  checkReadersMs: number;
}

export const LIMITS: Limits = {
  headWithinMs: 10_000,
  requestWithinMs: 30_000,
  idleMs: 75_000,
  checkConnectionsMs: 2_000,
  streams: 2_000,
  streamsEach: 1_000,
  followers: 200,
  followersEach: 20,
  bodies: 32 * 1024 * 1024,
  bodiesEach: 2 * MAX_PUSH,
  // 17,000 packages take some ten seconds, and much longer on a machine that builds. Together they are less than ACT_WITHIN_MS.
  forecastWithinMs: 150_000,
  forecastWaitMs: 10_000,
  waiting: 64 * 1024 * 1024,
  stallMs: 60_000,
  checkReadersMs: 1_000,
};

/**
 * What the engine does not answer in this time it does not answer: whoever waits for it is told so. Some answers take two
 * questions. ms
 */
export const ANSWER_WITHIN_MS = 12_000;
/** An answer that comes when something is done (a publish, a run that ends), on an otherwise silent connection. ms */
export const ACT_WITHIN_MS = 180_000;

const MINUTE_MS = 60_000;
/**
 * Requests of one token, or of one address without, in a minute. What is answered from memory is for monitoring that asks
 * all the time; what asks the engine or the binhost is for people; a page asks for each log that grows twice a second,
 * and once a second for what is made once for all who ask.
 */
const RATES = { memory: 600_000, shared: 30_000, asking: 1_200, log: 6_000, acting: 120, hook: 600 } as const;
export type Cost = keyof typeof RATES;
/** Wrong tokens, and wrong signatures, of one address in a minute; then they are told so. Right ones still pass. */
const WRONG = 20;

/** Counts a request; the answer rejects where there were too many. */
export type Counter = (request: FastifyRequest) => Promise<void>;

export interface Counters extends Record<Cost, Counter> {
  wrongToken: Counter;
  wrongSignature: Counter;
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
  const byHolder = (cost: Cost): Counter => counter(RATES[cost], holderOf, "requests");
  return {
    memory: byHolder("memory"),
    shared: byHolder("shared"),
    asking: byHolder("asking"),
    log: byHolder("log"),
    acting: byHolder("acting"),
    hook: byHolder("hook"),
    wrongToken: counter(WRONG, ({ ip }) => ip, "wrong tokens"),
    wrongSignature: counter(WRONG, ({ ip }) => ip, "wrong signatures"),
  };
}

/** Whom a request is counted for. */
export function holderOf({ caller, ip }: Pick<FastifyRequest, "caller" | "ip">): string {
  return caller.role === null ? ip : `token ${caller.name}`;
}

/** When one of the places that are taken may be free again. s */
const PLACE_AGAIN = 30;

/** Places, or bytes, of which there are so many in all, and so many for one holder. */
export class Places {
  readonly #most: number;
  readonly #each: number;
  readonly #words: (amount: number) => string;
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(most: number, each: number, words: (amount: number) => string = String) {
    this.#most = most;
    this.#each = each;
    this.#words = words;
  }

  /** Takes some; returns what gives them back. HttpError: there are not so many left. */
  take(holder: string, what: string, amount = 1): () => void {
    const own = this.#taken.get(holder) ?? 0;
    if (own + amount > this.#each) {
      throw new HttpError(
        429,
        `too many ${what}: at most ${this.#words(this.#each)} at once`,
        "End one of them.",
        PLACE_AGAIN,
      );
    }
    if (this.#all + amount > this.#most) {
      throw new HttpError(
        503,
        `this gateway serves as many ${what} as it can`,
        "Ask another one, or later.",
        PLACE_AGAIN,
      );
    }
    this.#all += amount;
    this.#taken.set(holder, own + amount);
    return () => {
      this.#all -= amount;
      const left = (this.#taken.get(holder) ?? amount) - amount;
      if (left > 0) this.#taken.set(holder, left);
      else this.#taken.delete(holder);
    };
  }
}
