import { z } from "zod";
import type { LogKey } from "../../model/logs.ts";
import { type Api, answerOfType, Category, EVENT_STREAM, Pf, RunId, refusals } from "../api.ts";
import { HttpError } from "../errors.ts";
import { LogFollower, placeOf, SharedPieces } from "../follow.ts";
import { holderOf, Places } from "../limits.ts";
import type { Services } from "../services.ts";
import { beginEvents } from "../stream.ts";
import { logFate } from "../views/logFate.ts";

const Params = z.object({
  run: RunId,
  category: Category,
  pf: Pf,
  attempt: z.coerce.number().int().min(1).max(1_000_000),
});

const LISTED = "GET /api/v1/logs/RUN lists those of a run, GET /api/v1/runs the runs.";

/** Build logs: of the binhost, also while they grow. */
export async function logRoutes(api: Api, services: Services): Promise<void> {
  const tags = ["logs"];
  const pieces = new SharedPieces(services.access);
  const places = new Places(services.limits.followers, services.limits.followersEach);

  api.get(
    "/logs/:run/:category/:pf/:attempt",
    {
      config: { demand: "read", cost: "log" },
      schema: {
        summary: "A build's log from a byte on",
        description:
          "Text as the build wrote it. Headers: log-offset, log-size, log-complete, log-begun, log-cut (bytes left out of a very long one).",
        tags,
        params: Params,
        querystring: z.object({ offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0) }),
        response: { 200: answerOfType("text/plain", "The log's bytes."), ...refusals },
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
      config: { demand: "read", cost: "asking" },
      schema: {
        summary: "The same as it grows, as server-sent events: `chunk` { offset, text } and `end`",
        description:
          "A log that has not begun is waited for, as long as its attempt may come. `restart`: the build was begun anew, and so is its log. `end` { size, cut, complete, reason }: with a reason where the log is not complete and nothing more will come. Goes on where it was with the header Last-Event-ID; may be asked again from `offset`.",
        tags,
        params: Params,
        querystring: z.object({
          offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
          lastEventId: z.string().max(60).optional(),
        }),
        headers: z.object({ "last-event-id": z.string().max(60).optional() }),
        response: { 200: answerOfType(EVENT_STREAM, "The log, then `end`."), ...refusals },
      },
    },
    async (request, reply) => {
      const { params, query, headers, caller } = request;
      const { raw } = reply;
      const key = keyOf(params);
      const fate = (): Promise<string | null> => logFate(services, key);
      const from = placeOf(headers["last-event-id"] ?? query.lastEventId) ?? { begun: null, offset: query.offset };
      const leave = places.take(holderOf(request), "followed logs");
      try {
        await refuseUnknown(key, from.offset, fate);
      } catch (error) {
        leave();
        throw error;
      }
      // Gone already: nothing would ever say so again.
      if (raw.destroyed || raw.req.method === "HEAD") leave();
      beginEvents(reply);
      if (raw.req.method === "HEAD") return void raw.end();
      if (raw.destroyed) return;
      const follower = new LogFollower(raw, pieces, { key, fate, isStill: caller.isStill });
      const release = services.slow.add(follower);
      // Not before its last bytes are taken.
      raw.on("close", () => {
        release();
        leave();
      });
      void follower.follow(from);
      return reply;
    },
  );

  /** HttpError: there is no such log, and never will be. */
  async function refuseUnknown(key: LogKey, offset: number, fate: () => Promise<string | null>): Promise<void> {
    const piece = await pieces.read(key, offset).catch(() => undefined);
    const reason = piece === null ? await fate().catch(() => null) : null;
    if (reason !== null) throw new HttpError(404, `there is no such log, and none will come: ${reason}`, LISTED);
  }
}

function keyOf({ run, category, pf, attempt }: z.infer<typeof Params>): LogKey {
  return { run, cpv: `${category}/${pf}`, attempt };
}

function noLog({ run, category, pf, attempt }: z.infer<typeof Params>): HttpError {
  return new HttpError(
    404,
    `the binhost has no log of ${category}/${pf}, attempt ${attempt}, of ${run}`,
    "It comes when the build begins, and is removed after [build] keep_logs_days. GET /api/v1/logs/RUN lists those that there are.",
  );
}
