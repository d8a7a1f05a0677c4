import { z } from "zod";
import { RUN_EVENT_KINDS } from "../../model/events.ts";
import { PACKAGE_STATES } from "../../model/run.ts";
import { listRuns } from "../../operations/runs.ts";
import { type Api, Category, Limit, Offset, PackageName, Pf, Phase, RunId, refusals, Target } from "../api.ts";
import { ACT_WITHIN_MS } from "../limits.ts";
import { Details, Failed, Forecast, Plan } from "../schemas/answers.ts";
import { Event, Package, packageShape, Record, Run } from "../schemas/run.ts";
import type { Services } from "../services.ts";
import { Seen } from "../shared.ts";
import { eventsOf } from "../views/events.ts";
import { failedOf } from "../views/failed.ts";
import { packageDetails, SORTS, selectPackages, whyOf } from "../views/packages.ts";
import { forecastOf, planOf } from "../views/plan.ts";
import { runOf } from "../views/runs.ts";

const OfRun = z.object({ run: RunId.optional() });
const OfTarget = z.object({ target: Target });

/** Runs, their packages and what happened in them. */
export async function runRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "read", cost: "asking" } as const;
  const shared = { demand: "read", cost: "shared" } as const;
  const tags = ["runs"];

  api.get(
    "/runs",
    {
      config: shared,
      schema: {
        summary: "The runs that the engine still knows, newest first",
        tags,
        querystring: z.object({ limit: Limit(500, 50), target: Target.optional(), ...Seen }),
        response: { 200: z.array(Record), ...refusals },
      },
    },
    async (request) => {
      const { limit, target, seen } = request.query;
      const runs = await api.shared.bySeen(request, seen, async () =>
        listRuns(await services.access.client(), target === undefined ? limit : 500),
      );
      return runs.filter((run) => target === undefined || run.target === target).slice(0, limit);
    },
  );

  api.get(
    "/runs/:target",
    {
      config,
      schema: {
        summary: "The latest run of a target, or an earlier one",
        tags,
        params: OfTarget,
        querystring: OfRun,
        response: { 200: Run, ...refusals },
      },
    },
    async ({ params, query }) => (await runOf(services, params.target, query.run)).view,
  );

  api.get(
    "/runs/:target/packages",
    {
      config,
      schema: {
        summary: "Its packages: filtered, searched, sorted",
        tags,
        params: OfTarget,
        querystring: OfRun.extend({
          state: z.enum(PACKAGE_STATES).optional(),
          q: z.string().max(200).optional().meta({ description: "Part of the name." }),
          sort: z.enum(SORTS).default("plan"),
          limit: Limit(20_000, 1_000),
          offset: Offset,
        }),
        response: { 200: z.object({ total: z.int(), packages: z.array(Package) }), ...refusals },
      },
    },
    async ({ params, query }) => {
      const { packages } = await runOf(services, params.target, query.run);
      return selectPackages(await packages(), query);
    },
  );

  api.get(
    "/runs/:target/packages/:category/:pf",
    {
      // Pages ask each second while it waits: the run is asked once for all of them.
      config: shared,
      schema: {
        summary: "One package: its attempts, why it waits, what it needs and what needs it",
        tags,
        params: OfTarget.extend({ category: Category, pf: Pf }),
        querystring: OfRun,
        response: { 200: Details, ...refusals },
      },
    },
    async (request) => {
      const { target, category, pf } = request.params;
      const { run } = request.query;
      if (run !== undefined) await api.counters.asking(request);
      return await packageDetails(services, await runOf(services, target, run), `${category}/${pf}`);
    },
  );

  api.get(
    "/runs/:target/why",
    {
      config,
      schema: {
        summary: "Why a package is built, waits, failed or is skipped",
        tags,
        params: OfTarget,
        querystring: OfRun.extend({ package: PackageName }),
        response: { 200: z.looseObject({ ...packageShape, why: z.string().nullable() }), ...refusals },
      },
    },
    async ({ params, query }) => whyOf(await runOf(services, params.target, query.run), query.package),
  );

  api.get(
    "/runs/:target/failed",
    {
      config: shared,
      schema: {
        summary:
          "The attempts that failed, newest first, with their error lines; also of runs whose logs alone are kept",
        tags,
        params: OfTarget,
        querystring: OfRun.extend({ phase: Phase.optional(), limit: Limit(1_000, 100), offset: Offset, ...Seen }),
        response: { 200: Failed, ...refusals },
      },
    },
    async (request) => {
      const { run, seen, ...selection } = request.query;
      return api.shared.bySeen(request, seen, () => failedOf(services, request.params.target, run, selection));
    },
  );

  api.get(
    "/runs/:target/plan",
    {
      config,
      schema: {
        summary: "What it builds and why, in waves: each can start when the ones before it are done",
        description:
          "Of a run with the option dryRun, too. How long it takes: see forecast, and of a run in progress its ETA.",
        tags,
        params: OfTarget,
        querystring: OfRun.extend({ limit: Limit(20_000, 1_000), offset: Offset }),
        response: { 200: Plan, ...refusals },
      },
    },
    async ({ params, query: { run, ...selection } }) => planOf(services, params.target, run, selection),
  );

  api.get(
    "/runs/:target/forecast",
    {
      config,
      schema: {
        summary:
          "What its whole plan takes on its drones, from the first build on: the time, each drone's part, the critical path",
        description:
          "The scheduler is run forward, which is seconds of computing for thousands of packages: one at a time. The answer is kept until the plan or the drones are others; 503 with Retry-After while another plan's takes long.",
        tags,
        params: OfTarget,
        querystring: OfRun,
        response: { 200: Forecast, ...refusals },
      },
    },
    async ({ params, query, raw }) => {
      raw.socket.setTimeout(ACT_WITHIN_MS);
      return forecastOf(services, params.target, query.run);
    },
  );

  api.get(
    "/runs/:target/events",
    {
      config,
      schema: {
        summary: "What happened in it, oldest first",
        tags,
        params: OfTarget,
        querystring: OfRun.extend({
          after: z.string().max(60).optional().meta({ description: "Only those after this id." }),
          kind: z
            .union([z.enum(RUN_EVENT_KINDS), z.array(z.enum(RUN_EVENT_KINDS)).max(RUN_EVENT_KINDS.length)])
            .optional()
            .meta({ description: "Only these kinds; may be given several times." }),
          limit: Limit(5_000, 1_000).meta({ description: "The newest so many; the next so many with `after`." }),
        }),
        response: { 200: z.array(Event), ...refusals },
      },
    },
    async ({ params: { target }, query: { run, after, kind, limit } }) => {
      const found = await runOf(services, target, run);
      const all = await eventsOf(services, target, found, after);
      const events = kind === undefined ? all : all.filter((event) => [kind].flat().includes(event.kind));
      if (after === undefined) return events.slice(-limit);
      return events.filter(({ id }) => id > after).slice(0, limit);
    },
  );
}
