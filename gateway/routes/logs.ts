import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { LogKey, LogPiece } from "../../model/logs.ts";
import { type Api, Category, Pf, RunId, refusals } from "../api.ts";
import { HttpError } from "../errors.ts";
import { MAX_STREAMS } from "../limits.ts";
import type { Caller } from "../roles.ts";
import type { Services } from "../services.ts";
import { beginEvents } from "../stream.ts";

const Params = z.object({
  run: RunId,
  category: Category,
  pf: Pf,
  attempt: z.coerce.number().int().min(1).max(1_000_000),
});
/** Between two looks at a log that grows. ms */
const PAUSE_MS = 500;
/** Those who read on from the same place in this time are told the same. ms */
const SHARED_MS = 500;
/** Between two signs of life. ms */
const PING_MS = 15_000;
/** A log of which nothing came for so long will not come. ms */
const NEVER_MS = 120_000;
/** Followers whose reader is slow wait, not their bytes. bytes */
const MAX_WAITING = 256 * 1024;

/** Build logs: of the binhost, also while they grow. */
export async function logRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "read", cost: "asking" } as const;
  const tags = ["logs"];
  const pieces = new SharedPieces(services);
  let followers = 0;

  api.get(
    "/logs/:run/:category/:pf/:attempt",
    {
      config,
      schema: {
        summary: "A build's log from a byte on",
        description:
          "Text as the build wrote it. Headers: log-offset, log-size, log-complete, log-begun, log-cut (bytes left out of a very long one).",
        tags,
        params: Params,
        querystring: z.object({ offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0) }),
        response: { ...refusals },
      },
    },
    async ({ params, query }, reply) => {
      const piece = await pieces.read(keyOf(params), query.offset);
      if (piece === null) throw noLog(params);
      const { offset, size, complete, cut, begun, bytes } = piece;
      const headers = { "log-offset": offset, "log-size": size, "log-complete": String(complete), "log-begun": begun };
      reply.headers({ ...headers, ...(cut === null ? {} : { "log-cut": `${cut.from}-${cut.to}` }) });
      reply.header("content-disposition", `inline; filename="${params.pf}.${params.attempt}.log"`);
      const answer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return reply.type("text/plain; charset=utf-8").send(answer as never);
    },
  );

  api.get(
    "/logs/:run/:category/:pf/:attempt/follow",
    {
      config,
      schema: {
        summary: "The same as it grows, as server-sent events: `chunk` { offset, text } and `end`",
        tags,
        params: Params,
        querystring: z.object({ offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0) }),
        response: { ...refusals },
      },
    },
    async ({ params, query, caller }, reply) => {
      if (followers >= MAX_STREAMS) {
        throw new HttpError(503, "this gateway serves as many streams as it can", "Ask another one, or later.", 30);
      }
      beginEvents(reply);
      const { raw } = reply;
      if (raw.req.method === "HEAD") return void raw.end();
      const gone = new AbortController();
      raw.on("close", () => gone.abort());
      raw.on("error", () => gone.abort());
      if (raw.destroyed) gone.abort();
      followers++;
      void follow(pieces, keyOf(params), query.offset, { raw, caller, gone: gone.signal }).finally(() => {
        followers--;
        raw.end();
      });
      return reply;
    },
  );
}

interface Reader {
  raw: { write(text: string): boolean; readonly writableLength: number };
  caller: Caller;
  gone: AbortSignal;
}

/** Hands on what the log has and gets, until it is complete or its reader goes. */
async function follow(
  pieces: SharedPieces,
  key: LogKey,
  from: number,
  { raw: to, caller, gone }: Reader,
): Promise<void> {
  const say = (event: string, data: unknown): void =>
    void to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  let decoder = new TextDecoder();
  let begun: number | null = null;
  let saidAt = Date.now();
  const since = Date.now();
  for (let at = from; !gone.aborted; ) {
    // The drone may not have brought anything yet; a binhost that is away comes back.
    const piece = to.writableLength > MAX_WAITING ? null : await pieces.read(key, at).catch(() => null);
    if (gone.aborted) return;
    if (piece && begun !== null && piece.begun !== begun) {
      // The attempt was begun anew: so is its log.
      say("restart", {});
      [at, begun, decoder] = [0, piece.begun, new TextDecoder()];
      continue;
    }
    if (piece && piece.bytes.length > 0) {
      begun = piece.begun;
      say("chunk", { offset: piece.offset, text: decoder.decode(piece.bytes, { stream: true }) });
      saidAt = Date.now();
      at = piece.next;
    }
    if (piece?.complete && at >= piece.size) return say("end", { size: piece.size, cut: piece.cut });
    if (begun === null && Date.now() - since > NEVER_MS) return say("end", { size: 0, cut: null });
    if (Date.now() - saidAt > PING_MS) {
      if ((await caller.isStill?.()) === false) return;
      say("ping", Date.now());
      saidAt = Date.now();
    }
    if (!piece || at >= piece.size) await sleep(PAUSE_MS, undefined, { signal: gone }).catch(() => {});
  }
}

/** Pieces of logs, asked from the binhost once for all who ask for the same at the same time. */
class SharedPieces {
  readonly #services: Services;
  readonly #asked = new Map<string, Promise<LogPiece | null>>();

  constructor(services: Services) {
    this.#services = services;
  }

  read(key: LogKey, offset: number): Promise<LogPiece | null> {
    const name = `${key.run} ${key.cpv} ${key.attempt} ${offset}`;
    const known = this.#asked.get(name);
    if (known) return known;
    const asked = this.#services.access.binhost().then((binhost) => binhost.logs.read(key, offset));
    this.#asked.set(name, asked);
    const forget = (): void => void setTimeout(() => this.#asked.delete(name), SHARED_MS).unref();
    asked.then(forget, forget);
    return asked;
  }
}

function keyOf({ run, category, pf, attempt }: z.infer<typeof Params>): LogKey {
  return { run, cpv: `${category}/${pf}`, attempt };
}

function noLog({ run, category, pf, attempt }: z.infer<typeof Params>): HttpError {
  return new HttpError(
    404,
    `the binhost has no log of ${category}/${pf}, attempt ${attempt}, of ${run}`,
    "It comes when the build begins, and is removed after [build] keep_logs_days.",
  );
}
