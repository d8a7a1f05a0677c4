import { z } from "zod";
import { RUN_STEPS } from "../../model/run.ts";
import { type Api, refusals } from "../api.ts";
import { HttpError } from "../errors.ts";
import { Moment } from "../schemas/run.ts";
import { Health } from "../schemas/state.ts";
import type { Services } from "../services.ts";
import { statusOf } from "../state.ts";
import { nodesOf } from "../views/nodes.ts";
import { buildRoute } from "./build.ts";

const JSON_TYPE = "application/json; charset=utf-8";
/** An answer that is asked for again and again is made anew no more often. ms */
const MADE_MS = 100;

const Status = z.looseObject({
  status: z.enum(["down", "idle", "paused", ...RUN_STEPS]),
  at: Moment,
  ageSeconds: z.int(),
  stale: z.string().nullable(),
  run: z.looseObject({ run: z.string(), target: z.string(), step: z.enum(RUN_STEPS) }).nullable(),
  next: z.string().nullable().meta({ description: "The one command that helps now." }),
});

/** The short addresses, for scripts and for clients of packages. */
export async function legacyRoutes(app: Api, services: Services): Promise<void> {
  const tags = ["look"];
  let made: { at: number; body: string } | null = null;

  app.get(
    "/status",
    {
      config: { demand: "read", cost: "memory" },
      schema: { summary: "The overall status and the run", tags, response: { 200: Status, ...refusals } },
    },
    async (_request, reply) => {
      if (!made || Date.now() - made.at > MADE_MS) {
        made = { body: JSON.stringify(statusOf(await services.watchers.live(undefined))), at: Date.now() };
      }
      return reply.type(JSON_TYPE).send(made.body as never);
    },
  );

  app.get(
    "/swarm",
    {
      config: { demand: "services", cost: "memory" },
      schema: {
        summary: "Every node with its role, its health and when it was last seen",
        tags,
        response: {
          200: z.looseObject({
            name: z.string(),
            services: z.array(Health),
            nodes: z.array(
              z.looseObject({
                name: z.string(),
                role: z.enum(["engine", "orchestrator", "binhost", "drone", "gateway"]),
                health: z.string(),
                reason: z.string().nullable(),
                lastSeen: Moment.nullable(),
              }),
            ),
          }),
          ...refusals,
        },
      },
    },
    async () => ({
      name: services.config.swarm.name,
      services: services.health.list(),
      nodes: nodesOf(services, await services.watchers.live(undefined).catch(() => null)).map((node) => ({ ...node })),
    }),
  );

  app.get(
    "/binhost",
    {
      config: { demand: "open", cost: "memory" },
      schema: {
        summary: "The binhost that clients should use now",
        tags,
        response: { 200: z.looseObject({ name: z.string(), url: z.string() }), ...refusals },
      },
    },
    async () => {
      const { name, url, priority, state, packages } = wellBinhost(services);
      return { name, url, priority, state, packages };
    },
  );

  app.get<{ Params: { "*": string } }>(
    "/binhost/*",
    { config: { demand: "open", cost: "memory" }, schema: { hide: true } },
    async (request, reply) => {
      const { packages } = wellBinhost(services);
      return reply.redirect(`${packages}/${safePath(request.params["*"])}`, 307) as never;
    },
  );

  await buildRoute(app, services);
}

function wellBinhost({ health }: Services) {
  const found = health.binhost();
  if (found) return found;
  const out = health.list().filter(({ kind }) => kind === "binhost");
  const reasons = out.map(({ name, reason }) => `${name}: ${reason ?? "does not answer"}`).join("; ");
  throw new HttpError(503, `no binhost is well: ${reasons}`, "Start it: swarm up (or swarm binhost)", 30);
}

/** A path below a binhost's packages, each part escaped anew: it leads nowhere else. */
function safePath(path: string): string {
  const parts = path.split("/");
  const isWrong = (part: string): boolean =>
    part === "" || part === "." || part === ".." || /[\p{Cc}\\]/u.test(part) || part.length > 300;
  if (parts.some(isWrong) || parts.length > 20) {
    throw new HttpError(400, "this is no path of a package", "It is /binhost/TARGET/Packages, or a path in that.");
  }
  return parts.map(encodeURIComponent).join("/");
}
