import type { FastifyInstance, FastifyRequest, HTTPMethods } from "fastify";
import { HttpError } from "./errors.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"];

/**
 * Tells a wrong method from a wrong address: `refuseUnknown` answers what is at no address, from there on; after all routes
 * are there, `refuseOthers` answers the other methods of each with 405 and what is allowed.
 */
export function registerMethods(app: FastifyInstance): { refuseUnknown: () => void; refuseOthers: () => void } {
  const allowed = new Map<string, Set<string>>();
  let isComplete = false;
  app.addHook("onRoute", ({ url, method }) => {
    if (isComplete) return;
    const methods = allowed.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    if (methods.has("GET")) methods.add("HEAD");
    allowed.set(url, methods);
  });
  app.addHook("onRequest", async ({ headers, raw }) => {
    if (headers.host !== undefined || raw.httpVersion === "1.0") return;
    throw new HttpError(400, "the request names no host", "Send the header host, as HTTP/1.1 asks for.");
  });
  const notFound = async ({ url }: FastifyRequest): Promise<never> => {
    throw new HttpError(404, `nothing at ${url.slice(0, 300)}`, "See /docs for what there is.");
  };
  app.setNotFoundHandler({}, notFound);
  return {
    // Before a body is read.
    refuseUnknown: () =>
      void app.addHook("onRequest", async (request) => {
        if (request.is404) await notFound(request);
      }),
    refuseOthers: () => {
      isComplete = true;
      for (const [url, methods] of allowed) {
        const others = METHODS.filter((method) => !methods.has(method) && !app.hasRoute({ method, url }));
        if (others.length === 0) continue;
        const allow = [...methods].sort().join(", ");
        app.route({
          method: others,
          url,
          config: { demand: "open" },
          schema: { hide: true },
          // Before a body is read, and whatever it is.
          onRequest: async ({ method }, reply) => {
            reply.header("allow", allow);
            throw new HttpError(405, `${method} is not taken here`, `What is: ${allow}.`);
          },
          handler: async () => null,
        });
      }
    },
  };
}
