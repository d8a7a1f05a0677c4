import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { type Plan, RESOLVE_ERRORS } from "../model/plan.ts";

/** So many packages are checked at a time: some ten milliseconds, without an optimizing compiler twice that. */
const AT_ONCE = 1000;

const text = z.string();
const PackagesSchema = z.array(
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
);
const PlanSchema = z.strictObject({
  target: text,
  tree: text,
  bundle: text,
  snapshot: text.nullable(),
  packages: z.array(z.unknown()),
  unresolvable: z.array(z.strictObject({ atoms: z.array(text), class: z.enum(RESOLVE_ERRORS), text })),
  notices: z.array(text),
});

/**
 * Reads a plan from its blob. One of 17,000 packages takes a second: others have their turns in between.
 * @throws where it is not one: another version of the swarm made it.
 */
export async function parsePlan(bytes: Uint8Array): Promise<Plan> {
  const { packages, ...plan } = PlanSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  const checked: Plan["packages"] = [];
  for (let from = 0; from < packages.length; from += AT_ONCE) {
    await nextTurn();
    checked.push(...PackagesSchema.parse(packages.slice(from, from + AT_ONCE)));
  }
  return { ...plan, packages: checked };
}

/** A plan as its blob. */
export function planBytes(plan: Plan): Buffer {
  return Buffer.from(JSON.stringify(plan));
}
