import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpError } from "./errors.ts";
import type { Cost, Counters } from "./limits.ts";
import { type Caller, type Demand, mayDo, NOBODY } from "./roles.ts";
import type { TokenBook } from "./tokens.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What it asks of its caller; without it nobody may. */
    demand?: Demand;
    /** Which of the limits it counts for. */
    cost?: Cost;
  }
  interface FastifyInstance {
    counters: Counters;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

const HOW = "Send a token as Authorization: Bearer. Make one: swarm token add NAME --role operator";

/** Lets nobody pass who may not, before anything of a request but its head is read. */
export function registerAuth(
  app: FastifyInstance,
  book: TokenBook,
  counters: Counters,
  { anonymous }: { anonymous: boolean },
): void {
  app.decorate("counters", counters);
  app.decorateRequest("caller");
  app.addHook("onRequest", async (request, reply) => {
    const { demand = request.is404 ? "open" : "act", cost = "asking" } = request.routeOptions.config ?? {};
    request.caller = NOBODY;
    const given = tokenOf(request);
    // A wrong token is refused also where none is needed to read: its holder believes to be somebody.
    if (given !== null && demand !== "open" && demand !== "signed") {
      const verdict = await book.check(given);
      if ("problem" in verdict) {
        await counters.wrongToken(request);
        reply.header("www-authenticate", 'Bearer error="invalid_token"');
        throw verdict.problem === "expired"
          ? new HttpError(401, "this token has expired", "Make another one: swarm token add NAME --role ROLE")
          : new HttpError(401, "this token is not known", HOW);
      }
      const { role } = verdict.caller;
      const isStill = async (): Promise<boolean> => {
        const now = await book.check(given);
        return "caller" in now && now.caller.role === role;
      };
      request.caller = { ...verdict.caller, isStill };
    }
    if (!mayDo(request.caller, demand, anonymous)) {
      if (request.caller.role !== null) {
        const needed = demand === "act" ? "an operator" : "a viewer";
        throw new HttpError(
          403,
          `the token '${request.caller.name}' is of a ${request.caller.role}: this is for ${needed}`,
          HOW,
        );
      }
      reply.header("www-authenticate", "Bearer");
      throw new HttpError(401, "a token is needed", HOW);
    }
    await counters[cost](request);
  });
}

/** What stands after `Bearer`; null: there is none. An authorization of another kind is a token that nobody has. */
function tokenOf({ headers }: FastifyRequest): string | null {
  const { authorization } = headers;
  if (authorization === undefined || authorization === "") return null;
  return /^Bearer +(\S{1,200})\s*$/i.exec(authorization)?.[1] ?? "";
}
