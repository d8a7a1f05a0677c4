import { z } from "zod";
import { type Api, answerOfType, EVENT_STREAM, refusals, Target } from "../api.ts";
import { holderOf, Places } from "../limits.ts";
import { State } from "../schemas/state.ts";
import type { Services } from "../services.ts";
import { stream } from "../stream.ts";

const Query = z.object({ target: Target.optional() });
const JSON_TYPE = "application/json; charset=utf-8";

/** The state, once and live. */
export async function stateRoutes(api: Api, { watchers, limits }: Services): Promise<void> {
  const places = new Places(limits.streams, limits.streamsEach);
  api.get(
    "/state",
    {
      config: { demand: "read", cost: "memory" },
      schema: {
        summary: "How the swarm is, its run, and what to do now",
        tags: ["look"],
        querystring: Query,
        response: { 200: State, ...refusals },
      },
    },
    async ({ query, caller }, reply) => {
      return reply.type(JSON_TYPE).send((await watchers.state(query.target, caller.role)) as never);
    },
  );

  api.get(
    "/live",
    {
      config: { demand: "read", cost: "asking" },
      schema: {
        summary: "The same and all that changes, as server-sent events",
        description:
          "Events: `state` (as GET /state), `packages` ({ full, packages }), `run-event`, `ping` each 15 s. Comes back where it was with the header Last-Event-ID.",
        tags: ["look"],
        querystring: Query.extend({ lastEventId: z.string().max(60).optional() }),
        headers: z.object({ "last-event-id": z.string().max(60).optional() }),
        response: { 200: answerOfType(EVENT_STREAM, "Until its reader goes."), ...refusals },
      },
    },
    async (request, reply) => {
      const { query, headers, caller } = request;
      const { target } = query;
      // Gone already: nothing would ever say so again.
      if (reply.raw.destroyed) return void reply.hijack();
      // Before anything is waited for: all who come back at the same time would find a place.
      const leave = places.take(holderOf(request), "live streams");
      reply.raw.once("close", leave);
      // What was known before somebody looked may be old; without an engine it is the last that is known.
      await watchers.live(target).catch(() => null);
      stream(reply, watchers.of(target).hub, { caller, target, lastId: headers["last-event-id"] ?? query.lastEventId });
      return reply;
    },
  );
}
