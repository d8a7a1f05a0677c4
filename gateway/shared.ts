import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { HttpError } from "./errors.ts";

/** All who are told of a change at the same time ask within this. ms */
const SEEN_MS = 5_000;
/** What nothing tells of may be so old. ms */
const GLANCE_MS = 500;
/** ... and what takes long so many times that. */
const TIMES = 2;
/** Answers that are kept at the same time. */
const KEPT = 64;

declare module "fastify" {
  interface FastifyInstance {
    shared: Shared;
  }
}

/** Part of a query. */
export const Seen = {
  seen: z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: "The revision that the caller was told: those who name the same share one answer." }),
};

/**
 * What many pages ask for at the same time is asked once: of the binhost, the engine. Who names the revision that he was
 * told gets an answer that was asked for since.
 */
export class Shared {
  readonly #kept = new Map<string, Promise<unknown>>();

  /** The answer for all who have seen the same; for who has seen nothing, his own. */
  bySeen<T>(request: FastifyRequest, seen: string | undefined, ask: () => Promise<T>): Promise<T> {
    if (seen === undefined) return admitted(request, ask);
    return this.#of(request.url, SEEN_MS, () => admitted(request, ask));
  }

  /** An answer that is no older than a moment: of what pages ask for again and again. */
  glance<T>(request: FastifyRequest, key: string, ask: () => Promise<T>): Promise<T> {
    return this.#of(key, GLANCE_MS, () => admitted(request, ask));
  }

  /** Something was done: who asks from now on is told of it. */
  forget(): void {
    this.#kept.clear();
  }

  async #of<T>(key: string, ms: number, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      // The same key is always of the same type.
      const known = this.#kept.get(key) as Promise<T> | undefined;
      if (known === undefined) return await this.#keep(key, ms, ask());
      try {
        return await known;
      } catch (error) {
        // Another caller asked too much, not this one.
        if (!(error instanceof HttpError) || error.status !== 429) throw error;
        if (this.#kept.get(key) === known) this.#kept.delete(key);
      }
    }
  }

  #keep<T>(key: string, ms: number, answer: Promise<T>): Promise<T> {
    this.#kept.set(key, answer);
    const end = (): void => void (this.#kept.get(key) === answer && this.#kept.delete(key));
    const begun = Date.now();
    const endIn = (least: number): void => void setTimeout(end, Math.max(least, TIMES * (Date.now() - begun))).unref();
    // A refusal is kept a moment as well: who is not there is not asked by everybody.
    answer.then(
      () => endIn(ms),
      () => endIn(GLANCE_MS),
    );
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    return answer;
  }
}

/** Counted for the one who makes others work; who gets what is there anyway is counted as such. */
async function admitted<T>(request: FastifyRequest, ask: () => Promise<T>): Promise<T> {
  await request.server.counters.asking(request);
  return await ask();
}
