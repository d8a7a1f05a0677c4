import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { isName, NAME_RULE } from "../../model/names.ts";
import { type Api, refusals } from "../api.ts";
import { HttpError } from "../errors.ts";
import { Hooks } from "../hooks.ts";
import { MAX_PUSH } from "../limits.ts";
import type { Services } from "../services.ts";

const Push = z
  .looseObject({ ref: z.string().optional().meta({ example: "refs/heads/main" }) })
  .meta({ description: "What the forge sends of a push; of it only `ref` is read. Any other body will do as well." });

/** What others may start by a signed request. */
export async function hookRoutes(api: Api, services: Services): Promise<void> {
  const hooks = new Hooks(services);
  await api.register(async (raw: Api) => {
    // A signature is of the bytes as they came.
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    raw.post(
      "/hooks/:name",
      {
        config: { demand: "signed", cost: "hook", takes: { "application/json": Push } },
        bodyLimit: MAX_PUSH,
        // Before a body is read.
        onRequest: async ({ params: { name } }) => {
          if (!isName(name)) throw new HttpError(400, `'${name}' is no hook's name`, `It must be ${NAME_RULE}.`);
          hooks.named(name);
        },
        schema: {
          summary: "Start what the hook is configured for, once for each delivery",
          description:
            "Signed as GitHub, Gitea and Forgejo do it: X-Hub-Signature-256 is `sha256=` and the HMAC-SHA256 of the body. While a run is in progress an update is queued, and begins when that has ended. A body or a delivery that has started a run before starts none.",
          tags: ["act"],
          params: z.object({ name: z.string().refine(isName, `a hook's name: ${NAME_RULE}`) }),
          response: {
            202: z.object({
              done: z.enum(["started", "queued", "already", "nothing"]),
              run: z.string().nullable(),
              text: z.string(),
            }),
            ...refusals,
          },
        },
      },
      async (request, reply) => {
        const delivery = {
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          signature: header(request, "x-hub-signature-256"),
          id:
            header(request, "x-github-delivery") ??
            header(request, "x-gitea-delivery") ??
            header(request, "x-delivery-id"),
          event: header(request, "x-github-event") ?? header(request, "x-gitea-event"),
        };
        const answer = await hooks.deliver(hooks.named(request.params.name), delivery).catch(async (error: unknown) => {
          // Counted by themselves: they hold up no right ones, which may come from the same address, that of a forge.
          if (error instanceof HttpError && error.status === 401) await api.counters.wrongSignature(request);
          throw error;
        });
        return reply.code(202).send(answer);
      },
    );
  });
}

function header({ headers }: Pick<FastifyRequest, "headers">, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
