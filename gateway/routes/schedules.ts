import { z } from "zod";
import type { ScheduleAction, ScheduleView } from "../../model/schedules.ts";
import {
  addSchedule,
  listSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  triggerSchedule,
} from "../../operations/schedules.ts";
import { type Api, Nothing, refusals, ScheduleName, Target, Words } from "../api.ts";
import { Moment } from "../schemas/run.ts";
import { inNameOf, type Services } from "../services.ts";
import { Atoms } from "./operate.ts";

const Action: z.ZodType<ScheduleAction> = z.looseObject({
  at: Moment,
  outcome: z.enum(["starting", "started", "skipped", "failed", "forgotten"]),
  run: z.string().nullable(),
  reason: z.string().nullable(),
});
const Schedule: z.ZodType<ScheduleView> = z
  .looseObject({
    name: z.string(),
    cron: z.string(),
    timezone: z.string(),
    order: z.looseObject({
      target: z.string(),
      atoms: z.array(z.string()),
      autoFinalize: z.boolean(),
      acceptFailed: z.boolean(),
    }),
    catchUp: z.number().meta({ description: "What was missed for less than this is made up for. ms" }),
    paused: z.boolean(),
    note: z.string().nullable(),
    next: z.array(Moment),
    last: z.array(Action),
    missed: z.int(),
  })
  .meta({ id: "Schedule" });

const OfSchedule = z.object({ name: ScheduleName });
const DAY_MS = 86_400_000;
const New = z
  .object({
    name: ScheduleName,
    cron: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: "Minute, hour, day of month, month, day of week, as in a crontab.", example: "0 2 * * *" }),
    timezone: z.string().min(1).max(100).meta({ description: "The zone that these are in.", example: "Europe/Vienna" }),
    target: Target.optional(),
    atoms: Atoms.optional(),
    autoFinalize: z.boolean().default(false).meta({ description: "Publish by itself when everything was built." }),
    acceptFailed: z.boolean().default(false).meta({ description: "With autoFinalize: also where packages failed." }),
    catchUp: z
      .int()
      .min(10_000)
      .max(365 * DAY_MS)
      .default(3_600_000)
      .meta({ description: "What was missed for less than this is made up for. ms" }),
  })
  .strict();

/** What starts runs by itself. */
export async function scheduleRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "act", cost: "acting" } as const;
  const tags = ["schedules"];

  api.get(
    "/schedules",
    {
      config: { demand: "read", cost: "shared" },
      schema: {
        summary: "What starts runs by itself, with its next times and what became of the last",
        tags,
        response: { 200: z.array(Schedule), ...refusals },
      },
    },
    async (request) => api.shared.glance(request, "schedules", () => listSchedules(services.access)),
  );

  api.post(
    "/schedules",
    {
      config,
      schema: { summary: "Start a run regularly", tags, body: New, response: { 201: Schedule, ...refusals } },
    },
    async ({ body: { target, atoms = [], ...asked }, caller }, reply) => {
      const access = inNameOf(services, caller);
      const view = await addSchedule(access, { ...asked, atoms, ...(target === undefined ? {} : { target }) });
      services.log(`${access.by} added the schedule ${view.name}`);
      return reply.code(201).send(view);
    },
  );

  api.post(
    "/schedules/:name/pause",
    {
      config,
      schema: {
        summary: "Start nothing by it until it is resumed",
        tags,
        params: OfSchedule,
        body: z
          .object({ note: Words(300).optional() })
          .strict()
          .nullish(),
        response: { 200: Schedule, ...refusals },
      },
    },
    async ({ params, body, caller }) => pauseSchedule(inNameOf(services, caller), params.name, body?.note),
  );

  api.post(
    "/schedules/:name/resume",
    {
      config,
      schema: {
        summary: "End a pause",
        tags,
        params: OfSchedule,
        body: Nothing,
        response: { 200: Schedule, ...refusals },
      },
    },
    async ({ params, caller }) => resumeSchedule(inNameOf(services, caller), params.name),
  );

  api.post(
    "/schedules/:name/trigger",
    {
      config,
      schema: {
        summary: "Start its run now",
        tags,
        params: OfSchedule,
        body: Nothing,
        response: { 200: Action, ...refusals },
      },
    },
    async ({ params, caller }) => {
      const action = await triggerSchedule(inNameOf(services, caller), params.name);
      services.watchers.refresh();
      return action;
    },
  );

  api.post(
    "/schedules/:name/remove",
    {
      config,
      schema: {
        summary: "Take it away; a run that it has started goes on",
        tags,
        params: OfSchedule,
        body: Nothing,
        response: { 200: z.object({ removed: z.string() }), ...refusals },
      },
    },
    async ({ params: { name }, caller }) => {
      const access = inNameOf(services, caller);
      await removeSchedule(access, name);
      services.log(`${access.by} removed the schedule ${name}`);
      return { removed: name };
    },
  );
}
