import { z } from "zod";
import { type Plan, RESOLVE_ERRORS } from "../model/plan.ts";

const text = z.string();
const PlanSchema = z.strictObject({
  target: text,
  tree: text,
  bundle: text,
  snapshot: text.nullable(),
  packages: z.array(
    z.strictObject({
      cpv: text,
      slot: text,
      subslot: text,
      repository: text,
      use: z.array(text),
      iuse: z.array(text),
      chost: text,
      settings: z.record(text, text),
      buildId: z.int().positive(),
      needed: z
        .strictObject({
          kind: z.enum(["new", "version", "use", "slot", "subslot-of-dependency", "chost", "settings", "repository"]),
          text,
        })
        .nullable(),
      artifact: text.nullable(),
      sourceBytes: z.number().nonnegative(),
      restrict: z.array(text),
      edges: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
    }),
  ),
  unresolvable: z.array(z.strictObject({ atoms: z.array(text), class: z.enum(RESOLVE_ERRORS), text })),
  notices: z.array(text),
});

/** Reads a plan from its blob. @throws where it is not one: another version of the swarm made it. */
export function parsePlan(bytes: Uint8Array): Plan {
  return PlanSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
}

/** A plan as its blob. */
export function planBytes(plan: Plan): Buffer {
  return Buffer.from(JSON.stringify(plan));
}
