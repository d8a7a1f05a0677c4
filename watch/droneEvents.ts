import { z } from "zod";
import type { RunEvent } from "../model/events.ts";

const Views = z.array(
  z.object({
    facts: z.object({ name: z.string() }),
    state: z.string(),
    paused: z.boolean(),
    grounded: z.string().nullable(),
  }),
);

/** What changed of the drones by what the fleet tells a run now. @param known each drone's last condition; is kept up. */
export function droneEvents(known: Map<string, string>, views: unknown): Omit<RunEvent, "id" | "at">[] {
  return (Views.safeParse(views).data ?? []).flatMap(({ facts: { name }, state, paused, grounded }) => {
    const condition = grounded !== null ? `grounded: ${grounded}` : paused ? "paused" : state;
    const before = known.get(name);
    known.set(name, condition);
    if (before === condition) return [];
    return [{ kind: "drone" as const, drone: name, text: `${name} is ${condition}` }];
  });
}
