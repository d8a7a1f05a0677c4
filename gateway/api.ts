import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { NAME_PATTERN, NAME_RULE, RUN_ID_PATTERN } from "../model/names.ts";
import { PLAIN_RULE, PLAIN_TEXT } from "../model/words.ts";

/** A server whose routes have zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Names and texts of requests: what is not well formed is refused before anything is asked. */
const name = (what: string) => z.string().regex(NAME_PATTERN, `a ${what}'s name: ${NAME_RULE}`);
export const Target = name("target").meta({ example: "desktop" });
export const DroneName = name("drone").meta({ example: "izar" });
export const ScheduleName = name("schedule").meta({ example: "nightly" });
export const ChannelName = name("channel").meta({ example: "phone" });
export const RunId = z.string().regex(RUN_ID_PATTERN, "a run's id").meta({ example: "desktop-20261121-0101" });
/** As in the Package Manager Specification, 3.1. */
export const Category = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9+_.-]*$/, "a category")
  .max(100);
export const Pf = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9+_.-]*$/, "name-version")
  .max(200);
/** A package as people name it: category/name-version, category/name, name, a pattern or an atom with a version. */
export const PackageName = z
  .string()
  .max(300)
  .regex(/^[\w+.*<>=~:@/-]+$/, "a package: category/name-version, category/name or name")
  .refine((text) => !text.split("/").includes(".."), "a package: category/name-version, category/name or name");
/** A phase of a build, as Portage calls it. */
export const Phase = z.string().max(40).regex(/^\w+$/, "a phase, like compile").meta({ example: "compile" });
/** What somebody writes for others. */
export const Words = (most: number) => z.string().min(1).max(most).regex(PLAIN_TEXT, PLAIN_RULE);
/** A body that says nothing. */
export const Nothing = z.object({}).strict().nullish();
export const Limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);
export const Offset = z.coerce.number().int().min(0).max(10_000_000).default(0);

/** Server-sent events. */
export const EVENT_STREAM = "text/event-stream";
/** An answer that is no JSON, for its documentation. */
export const answerOfType = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: z.string() } },
});

/** What every refusal looks like. */
export const ErrorSchema = z
  .object({ error: z.string(), hint: z.string().optional() })
  .meta({ id: "Error", description: "What was wrong, and what to do." });

/** The refusals of a route, for its documentation. */
export const refusals = {
  400: ErrorSchema,
  401: ErrorSchema,
  403: ErrorSchema,
  404: ErrorSchema,
  409: ErrorSchema,
  429: ErrorSchema,
  500: ErrorSchema,
  502: ErrorSchema,
  503: ErrorSchema,
};
