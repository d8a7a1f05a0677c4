import { z } from "zod";
import { type Api, answerOfType, EVENT_STREAM, refusals, Target } from "../api.ts";
import { HttpError } from "../errors.ts";
import { State } from "../schemas/state.ts";
import type { Services } from "../services.ts";
import { stream } from "../stream.ts";

const Query = z.object({ target: Target.optional() });
const JSON_TYPE = "application/json; charset=utf-8";

/** The state, once and live. */
export async function stateRoutes(api: Api, { watchers, limits }: Services): Promise<void> {
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
    async ({ query, headers, caller }, reply) => {
      if (watchers.streams >= limits.streams) {
        throw new HttpError(503, "this gateway serves as many streams as it can", "Ask another one, or later.", 30);
      }
      // What was known before somebody looked may be old; without an engine it is the last that is known.
      await watchers.live(query.target).catch(() => null);
      const { target } = query;
      stream(reply, watchers.of(target).hub, { caller, target, lastId: headers["last-event-id"] ?? query.lastEventId });
      return reply;
    },
  );
}
