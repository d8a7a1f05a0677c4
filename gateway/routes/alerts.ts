import { z } from "zod";
import { ALERT_RULES, ALERT_SEVERITIES, type Alert } from "../../model/alerts.ts";
import { readAlerts } from "../../operations/alerts.ts";
import { type Api, refusals } from "../api.ts";
import { Moment } from "../schemas/run.ts";
import type { Services } from "../services.ts";

const RULES = Object.keys(ALERT_RULES) as (keyof typeof ALERT_RULES)[];
const AlertSchema: z.ZodType<Alert> = z
  .looseObject({
    key: z.string(),
    rule: z.enum(RULES),
    subject: z.string(),
    severity: z.enum(ALERT_SEVERITIES),
    title: z.string(),
    text: z.string(),
    command: z.string().nullable(),
    since: Moment,
    endedAt: Moment.nullable(),
  })
  .meta({ id: "Alert", description: "One thing that is wrong, or was." });

/** What is wrong, and what was. */
export async function alertRoutes(api: Api, { access }: Services): Promise<void> {
  api.get(
    "/alerts",
    {
      config: { demand: "read", cost: "asking" },
      schema: {
        summary: "What is wrong, then what was lately; empty too where nobody watches for alerts",
        tags: ["look"],
        response: { 200: z.array(AlertSchema), ...refusals },
      },
    },
    async () => {
      const view = await readAlerts(access);
      return view ? [...view.active, ...view.recent] : [];
    },
  );
}
