import { z } from "zod";
import type { ScheduleAction, ScheduleView } from "../../model/schedules.ts";
import { listSchedules } from "../../operations/schedules.ts";
import { type Api, refusals } from "../api.ts";
import { Moment } from "../schemas/run.ts";
import type { Services } from "../services.ts";

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

/** What starts runs by itself. */
export async function scheduleRoutes(api: Api, { access }: Services): Promise<void> {
  api.get(
    "/schedules",
    {
      config: { demand: "read", cost: "asking" },
      schema: {
        summary: "What starts runs by itself, with its next times",
        tags: ["look"],
        response: { 200: z.array(Schedule), ...refusals },
      },
    },
    async () => listSchedules(access),
  );
}
