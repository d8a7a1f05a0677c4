import { z } from "zod";
import { ALERT_RULES, ALERT_SEVERITIES, type Alert, type ChannelAnswer, type ChannelView } from "../../model/alerts.ts";
import { testAlerts } from "../../operations/alerts.ts";
import { type Api, ChannelName, refusals } from "../api.ts";
import { Moment } from "../schemas/run.ts";
import { inNameOf, type Services } from "../services.ts";

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

const Channel: z.ZodType<ChannelView> = z
  .looseObject({
    name: z.string(),
    minSeverity: z.enum(ALERT_SEVERITIES),
    lastSuccess: Moment.nullable(),
    lastError: z
      .looseObject({
        at: Moment.nullable().meta({ description: "null: it is being tried again now." }),
        text: z.string(),
      })
      .nullable(),
  })
  .meta({
    id: "Channel",
    description: "Somebody who is told. Where, and with what secret, only its configuration says.",
  });
const ChannelSaid: z.ZodType<ChannelAnswer> = z.looseObject({
  channel: z.string(),
  ok: z.boolean(),
  answer: z.string(),
});

/** What is wrong, what was, and who is told. */
export async function alertRoutes(api: Api, services: Services): Promise<void> {
  api.get(
    "/alerts",
    {
      config: { demand: "read", cost: "shared" },
      schema: {
        summary: "What is wrong, then what was lately; empty too where nobody watches for alerts",
        tags: ["look"],
        response: { 200: z.array(AlertSchema), ...refusals },
      },
    },
    async () => {
      const view = await services.alerts.read();
      return view ? [...view.active, ...view.recent] : [];
    },
  );

  api.get(
    "/alerts/channels",
    {
      config: { demand: "read", cost: "shared" },
      schema: {
        summary: "Who is told, and whether that works; empty too where nobody watches for alerts",
        tags: ["look"],
        response: { 200: z.array(Channel), ...refusals },
      },
    },
    async () => (await services.alerts.read())?.channels ?? [],
  );

  api.post(
    "/alerts/test",
    {
      config: { demand: "act", cost: "acting" },
      schema: {
        summary: "Send a test message now, to one channel or to all; what each of them answers",
        tags: ["act"],
        body: z.object({ channel: ChannelName.optional() }).strict().nullish(),
        response: { 200: z.array(ChannelSaid), ...refusals },
      },
    },
    async ({ body, caller }) => testAlerts(inNameOf(services, caller), body?.channel),
  );
}
