import { z } from "zod";
import { PACKAGE_STATES } from "../../model/run.ts";
import { type Api, RunId, refusals, Target } from "../api.ts";
import { HttpError } from "../errors.ts";
import { Cpv, Moment } from "../schemas/run.ts";
import type { Services } from "../services.ts";
import { inTurn } from "../turns.ts";
import { graphOf } from "../views/graphs.ts";
import { pictureOf } from "../views/picture.ts";
import { runOf } from "../views/runs.ts";
import { timelineOf } from "../views/timeline.ts";

const OfTarget = z.object({ target: Target });
const WholeCpv = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9_][\w+.-]*\/[A-Za-z0-9_][\w+.-]*$/, "category/name-version");

/** A run drawn: when what was built where, and what needs what. */
export async function pictureRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "read", cost: "asking" } as const;
  const tags = ["runs"];

  const Bar = z.object({
    cpv: Cpv,
    attempt: z.int(),
    drone: z.string(),
    jobs: z.int(),
    start: Moment,
    end: Moment.nullable(),
    result: z.enum(["building", "received", "failed", "superseded"]),
    critical: z.boolean(),
  });
  api.get(
    "/runs/:target/timeline",
    {
      config,
      schema: {
        summary: "What each drone built and when, with the path that decides when all is done",
        tags,
        params: OfTarget,
        querystring: z.object({ run: RunId.optional() }),
        response: {
          200: z.object({ from: Moment, to: Moment, drones: z.array(z.string()), bars: z.array(Bar) }),
          ...refusals,
        },
      },
    },
    async ({ params, query }) => {
      const { view, packages: ask } = await runOf(services, params.target, query.run);
      const [packages, graph] = await Promise.all([ask(), graphOf(services, view).catch(() => null)]);
      // Without the plan it is not known what waited for what.
      const critical = graph ? (await inTurn(() => pictureOf(view, packages, graph))).critical : [];
      return timelineOf(view, packages, new Set(critical));
    },
  );

  const Node = z.object({
    cpv: Cpv,
    state: z.enum([...PACKAGE_STATES, "present"]),
    estimateSeconds: z.number().nullable(),
  });
  api.get(
    "/runs/:target/graph",
    {
      // Of the latest run it is made of what is at hand: pages ask again with each package that is built.
      config: { demand: "read", cost: "shared" },
      schema: {
        summary: "What is around a package in the graph, or the path that decides when all is done",
        tags,
        params: OfTarget,
        querystring: z.object({
          run: RunId.optional(),
          around: WholeCpv.optional().meta({ description: "category/name-version" }),
          depth: z.coerce.number().int().min(1).max(3).default(1),
          critical: z.enum(["true"]).optional(),
        }),
        response: {
          200: z.object({
            nodes: z.array(Node),
            edges: z.array(z.tuple([z.string(), z.string()])).meta({ description: "The first needs the second." }),
            critical: z.array(Cpv),
          }),
          ...refusals,
        },
      },
    },
    async (request) => {
      const { params, query } = request;
      const { run, around, depth, critical } = query;
      if ((around === undefined) === (critical === undefined)) {
        throw new HttpError(400, "say what of the graph", "Give around=CATEGORY/NAME-VERSION, or critical=true.");
      }
      if (run !== undefined) await api.counters.asking(request);
      const { view, packages } = await runOf(services, params.target, run);
      const graph = await graphOf(services, view);
      if (!graph) throw new HttpError(409, `${view.run} has no plan yet`, "It has one when the step resolve is over.");
      const known = await packages();
      return (await inTurn(() => pictureOf(view, known, graph))).part({ around, depth });
    },
  );
}
