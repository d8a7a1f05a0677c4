import { z } from "zod";
import type { RunEvent } from "../model/events.ts";

const Views = z.array(
  z.object({
    facts: z.object({ name: z.string() }),
    state: z.string(),
    paused: z.boolean(),
    grounded: z.string().nullable(),
    pause: z.object({ by: z.string(), reason: z.string().nullable() }).optional(),
  }),
);
const Actions = z.array(
  z.object({
    drone: z.string(),
    action: z.enum(["pause", "resume", "forget"]),
    by: z.string(),
    reason: z.string().nullable(),
  }),
);
type Action = z.infer<typeof Actions>[number];

const DID = { pause: "paused", resume: "resumed", forget: "had the fleet forget" } as const;
/** What a drone's condition is by that alone. */
const LEADS_TO = { pause: "paused", resume: "online", forget: null } as const;

/**
 * What changed of the drones by what the fleet tells a run now, and what operators did to them.
 * @param known each drone's last condition; is kept up.
 */
export function droneEvents(
  known: Map<string, string>,
  views: unknown,
  actions: unknown,
): Omit<RunEvent, "id" | "at">[] {
  const acted = Actions.safeParse(actions).data ?? [];
  const changed = (Views.safeParse(views).data ?? []).flatMap(({ facts: { name }, state, paused, grounded, pause }) => {
    const isHere = state === "online" || state === "suspect";
    const condition = grounded !== null ? `grounded: ${grounded}` : paused && isHere ? "paused" : state;
    const before = known.get(name);
    known.set(name, condition);
    if (before === condition) return [];
    const last = acted.findLast(({ drone }) => drone === name);
    if (last && LEADS_TO[last.action] === condition) return [];
    return [
      {
        kind: "drone" as const,
        drone: name,
        text: `${name} is ${condition}${condition === "paused" ? toldOf(pause) : ""}`,
      },
    ];
  });
  return [
    ...acted.map(({ drone, action, by, reason }) => ({
      ...{ kind: "operator" as const, drone, by },
      text: `${by} ${DID[action]} ${drone}${reason ? `: ${reason}` : ""}`,
    })),
    ...changed,
  ];
}

function toldOf(pause: Pick<Action, "by" | "reason"> | undefined): string {
  return pause ? ` by ${pause.by}${pause.reason ? `: ${pause.reason}` : ""}` : "";
}
