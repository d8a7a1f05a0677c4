import { z } from "zod";
import { RUN_STEPS } from "../../model/run.ts";
import { operateRun } from "../../operations/operate.ts";
import { packagesNamed } from "../../operations/packages.ts";
import { startRun } from "../../operations/startRun.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { type Api, refusals, Target } from "../api.ts";
import { HttpError } from "../errors.ts";
import { Moment } from "../schemas/run.ts";
import { Health } from "../schemas/state.ts";
import { inNameOf, type Services } from "../services.ts";
import { statusOf } from "../state.ts";
import { nodesOf } from "../views/nodes.ts";
import { runOf } from "../views/runs.ts";
import { Atoms, RunOptions } from "./operate.ts";

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
      const { name, url, priority, state } = wellBinhost(services);
      return { name, url, priority, state, packages: `${url}/${name}` };
    },
  );

  app.get<{ Params: { "*": string } }>(
    "/binhost/*",
    { config: { demand: "open", cost: "memory" }, schema: { hide: true } },
    async (request, reply) => {
      const { url, name } = wellBinhost(services);
      return reply.redirect(`${url}/${name}/${safePath(request.params["*"])}`, 307) as never;
    },
  );

  app.post(
    "/build",
    {
      config: { demand: "act", cost: "acting" },
      schema: {
        summary: "Start a run, or put packages first in the one that is in progress",
        tags: ["act"],
        body: z
          .object({ target: Target.optional(), packages: Atoms.optional(), options: RunOptions.optional() })
          .strict()
          .nullish(),
        response: {
          200: z.object({ run: z.string(), target: z.string(), queued: z.array(z.string()) }),
          201: z.object({ run: z.string(), target: z.string(), queued: z.array(z.string()) }),
          ...refusals,
        },
      },
    },
    async ({ body, caller }, reply) => {
      const access = inNameOf(services, caller);
      const target = await chooseTarget(access, body?.target);
      const atoms = body?.packages ?? [];
      const { run } = (await services.watchers.live(target)).reading;
      if (run && run.target === target && run.endedAt === null) {
        if (atoms.length === 0) {
          throw new HttpError(409, `a run of ${target} is in progress: ${run.run}`, "Name packages to put them first.");
        }
        const packages = packagesNamed(await (await runOf(services, target, run.run)).packages(), atoms, run.run);
        const queued = packages.map(({ cpv }) => cpv);
        const kept = [...new Set([...(run.prioritized ?? []), ...queued])];
        await operateRun<string[]>(access, target, "prioritize", { packages: kept });
        services.watchers.refresh();
        return reply.code(200).send({ run: run.run, target, queued });
      }
      const options = body?.options ?? RunOptions.parse({});
      const started = await startRun(access, { target, atoms: atoms.length > 0 ? atoms : ["@world"], options });
      services.watchers.refresh();
      return reply.code(201).send({ run: started, target, queued: atoms });
    },
  );
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
