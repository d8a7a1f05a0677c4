import { z } from "zod";
import type { LogKey } from "../../model/logs.ts";
import { type Api, answerOfType, Category, EVENT_STREAM, Pf, RunId, refusals } from "../api.ts";
import { HttpError } from "../errors.ts";
import { LogFollower, SharedPieces } from "../follow.ts";
import { holderOf, Places } from "../limits.ts";
import type { Services } from "../services.ts";
import { beginEvents } from "../stream.ts";

const Params = z.object({
  run: RunId,
  category: Category,
  pf: Pf,
  attempt: z.coerce.number().int().min(1).max(1_000_000),
});

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
        tags,
        params: Params,
        querystring: z.object({ offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0) }),
        response: { 200: answerOfType(EVENT_STREAM, "The log, then `end`."), ...refusals },
      },
    },
    async (request, reply) => {
      const { params, query, caller } = request;
      const { raw } = reply;
      const isHead = raw.req.method === "HEAD";
      const leave = isHead ? null : places.take(holderOf(request), "followed logs");
      beginEvents(reply);
      if (leave === null) return void raw.end();
      // Gone already: nothing would ever say so again.
      if (raw.destroyed) return void leave();
      const follower = new LogFollower(raw, pieces, keyOf(params), caller.isStill);
      const release = services.slow.add(follower);
      // Not before its last bytes are taken.
      raw.on("close", () => {
        release();
        leave();
      });
      void follower.follow(query.offset);
      return reply;
    },
  );
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
