import { z } from "zod";
import { operateRun } from "../../operations/operate.ts";
import { packagesNamed } from "../../operations/packages.ts";
import { clearQueue, startOrQueue } from "../../operations/queue.ts";
import type { RunRequest } from "../../operations/startRun.ts";
import { RunInProgress, startRun } from "../../operations/startRun.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { verification } from "../../operations/verification.ts";
import type { BalanceAnswer, FinalizeAnswer } from "../../workflows/messages.ts";
import { type Api, PackageName, RunId, refusals, Target, Words } from "../api.ts";
import { HttpError } from "../errors.ts";
import { ACT_WITHIN_MS } from "../limits.ts";
import { Cpv, Queued } from "../schemas/run.ts";
import { inNameOf, type Services } from "../services.ts";
import { Seen } from "../shared.ts";
import { previewOf } from "../views/preview.ts";
import { runOf } from "../views/runs.ts";

const Params = z.object({ target: Target });
/** The run that is meant: where another one is in progress by now, nothing is done. */
const Meant = { run: z.string().max(200).optional() };
const Names = z.array(PackageName).max(1_000);
const Move = z.looseObject({ cpv: Cpv, from: z.string(), to: z.string(), here: z.number(), there: z.number() });
const Kept = z.looseObject({ cpv: Cpv, drone: z.string(), better: z.string(), here: z.number(), there: z.number() });

export const RunOptions = z
  .object({
    sync: z.boolean().default(true).meta({ description: "Whether the drones sync their trees first." }),
    dryRun: z.boolean().default(false).meta({ description: "Only the plan." }),
    skipUnresolvable: z.boolean().default(false),
    autoFinalize: z.boolean().default(false).meta({ description: "Publish by itself when everything is built." }),
    acceptFailed: z.boolean().default(false).meta({ description: "With autoFinalize: also where packages failed." }),
  })
  .strict();
/** As resolvers take them. */
export const Atoms = z
  .array(
    z
      .string()
      .max(300)
      .regex(/^[!-~]+$/, "an atom, or @world")
      .refine((text) => !text.startsWith("-"), "an atom, or @world"),
  )
  .min(1)
  .max(5_000);

/** What operators do with a run. */
export async function operateRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "act", cost: "acting" } as const;
  const tags = ["act"];

  api.post(
    "/runs",
    {
      config,
      schema: {
        summary: "Start a run: a world update, or a build of some atoms",
        description: "With `queue`, while a run is in progress: 202, and a run of it begins when that one has ended.",
        tags,
        body: z
          .object({
            target: Target.optional(),
            atoms: Atoms.optional(),
            options: RunOptions.optional(),
            queue: z.boolean().default(false),
          })
          .strict(),
        response: {
          201: z.object({ run: z.string(), target: z.string() }),
          202: z.object({ run: z.string(), target: z.string(), queued: z.array(Queued) }),
          ...refusals,
        },
      },
    },
    async ({ body, caller }, reply) => {
      const access = inNameOf(services, caller);
      const target = await chooseTarget(access, body.target);
      const options: RunRequest["options"] = body.options ?? RunOptions.parse({});
      const request = { target, atoms: body.atoms ?? ["@world"], options };
      const ordered = body.queue
        ? await startOrQueue(access, request)
        : { outcome: "started", run: await startRun(access, request).catch(namingQueue), queued: [] };
      services.watchers.refresh();
      const { run, queued } = ordered;
      if (ordered.outcome === "started") return reply.code(201).send({ run, target });
      return reply.code(202).send({ run, target, queued });
    },
  );

  api.delete(
    "/runs/:target/queue",
    {
      config,
      schema: {
        summary: "Take back all that is queued for after the run",
        tags,
        params: Params,
        querystring: z.object({
          run: RunId.optional().meta({ description: "The run that is meant: of another one nothing is taken back." }),
        }),
        response: { 200: z.object({ dropped: z.array(Queued) }), ...refusals },
      },
    },
    async ({ params, query, caller }) => {
      const access = inNameOf(services, caller);
      const dropped = await clearQueue(access, await chooseTarget(access, params.target), query.run);
      services.watchers.refresh();
      return { dropped };
    },
  );

  api.get(
    "/runs/:target/finalize",
    {
      config: { demand: "read", cost: "shared" },
      schema: {
        summary: "What finalize would publish, what is missing, and whether it would be refused",
        tags: ["runs"],
        params: Params,
        querystring: z.object(Seen),
        response: {
          200: z.looseObject({
            run: z.string(),
            target: z.string(),
            added: z.array(Cpv),
            changed: z.array(z.string()),
            failed: z.array(z.string()),
            skipped: z.array(Cpv),
            bytes: z.number(),
            risk: z.enum(["none", "some", "do not"]),
            words: z.array(z.string()),
            refusal: z.string().nullable(),
          }),
          ...refusals,
        },
      },
    },
    async (request) => {
      const { target } = request.params;
      return api.shared.bySeen(request, request.query.seen, async () => {
        const run = await runOf(services, target, undefined);
        const binhost = await services.access.binhost();
        const [packages, staged, current] = await Promise.all([
          run.packages(),
          binhost.staged(run.view.run),
          binhost.snapshot(target, "current"),
        ]);
        return { ...previewOf(verification(run.view, packages, staged), current) };
      });
    },
  );

  /** @param argumentOf what the run is told, of the body */
  const act = <Body extends z.ZodType>(
    name: "finalize" | "unblock" | "balance" | "pause" | "resume" | "prioritize" | "cancel",
    summary: string,
    body: Body,
    answer: z.ZodType,
    argumentOf: (body: z.infer<Body>, target: string) => Promise<Record<string, unknown>>,
    shown: (answer: unknown) => object,
  ): void => {
    const schema = { summary, tags, params: Params, body: body as z.ZodType, response: { 200: answer, ...refusals } };
    api.post(`/runs/:target/${name}`, { config, schema }, async (request) => {
      const { target } = request.params;
      const { run: meant } = z.object(Meant).parse(request.body ?? {});
      if (meant !== undefined) {
        const { view } = await runOf(services, target, undefined);
        if (view.run !== meant) {
          throw new HttpError(
            409,
            `${meant} is not the run of ${target} any more: that is ${view.run}`,
            "Nothing was done.",
          );
        }
      }
      const argument = await argumentOf(request.body as z.infer<Body>, target);
      // Finalize lasts as long as the publish.
      request.raw.socket.setTimeout(ACT_WITHIN_MS);
      const access = inNameOf(services, request.caller);
      const done = await operateRun<unknown>(access, target, name, { ...argument, ...(meant ? { run: meant } : {}) });
      services.watchers.refresh();
      return shown(done);
    });
  };

  const Nothing = z.object(Meant).strict().nullish();
  const Said = z.object({ answer: z.string() });
  const said = (answer: unknown) => ({ answer: String(answer) });
  act(
    "finalize",
    "Publish what was built, in one atomic step",
    z
      .object({ ...Meant, acceptFailed: z.boolean().default(false) })
      .strict()
      .nullish(),
    z.looseObject({ snapshot: z.string(), packages: z.int(), added: z.int() }),
    async (body) => ({ acceptFailed: body?.acceptFailed ?? false }),
    (answer) => ({ ...(answer as FinalizeAnswer) }),
  );
  act(
    "unblock",
    "Give failed packages another try: some, or all",
    z
      .object({ ...Meant, packages: Names.optional() })
      .strict()
      .nullish(),
    z.object({ unblocked: z.array(Cpv) }),
    async (body, target) => {
      const names = body?.packages ?? [];
      if (names.length === 0) return { packages: [] };
      const run = await runOf(services, target, undefined);
      const failed = (await run.packages()).filter(({ state }) => state === "failed");
      if (failed.length === 0) throw new HttpError(409, "no package has failed", "There is nothing to unblock.");
      return { packages: packagesNamed(failed, names, `${run.view.run} as failed`).map(({ cpv }) => cpv) };
    },
    (answer) => ({ unblocked: answer as string[] }),
  );
  act(
    "prioritize",
    "Build packages, and all that they need, before everything else; an empty list ends that",
    z.object({ ...Meant, packages: Names }).strict(),
    z.object({ prioritized: z.array(Cpv) }),
    async ({ packages: names }, target) => {
      const run = await runOf(services, target, undefined);
      const found = packagesNamed(await run.packages(), names, `the run of ${target}`);
      return { packages: found.map(({ cpv }) => cpv) };
    },
    (answer) => ({ prioritized: answer as string[] }),
  );
  act(
    "balance",
    "Move what does not compile yet to where it is done sooner",
    Nothing,
    z.looseObject({ freed: z.array(Cpv), moved: z.array(Move), kept: z.array(Kept) }),
    async () => ({}),
    (answer) => ({ ...(answer as BalanceAnswer) }),
  );
  act(
    "pause",
    "Start nothing new; what is being built goes on",
    z
      .object({ ...Meant, reason: Words(300).optional() })
      .strict()
      .nullish(),
    Said,
    async (body) => (body?.reason === undefined ? {} : { reason: body.reason }),
    said,
  );
  act("resume", "End a pause", Nothing, Said, async () => ({}), said);
  act("cancel", "End the run; what it has not published is thrown away", Nothing, Said, async () => ({}), said);
}

/** A run in progress is no end: what is to be done about it. */
function namingQueue(error: unknown): never {
  if (!(error instanceof RunInProgress)) throw error;
  throw new HttpError(409, error.message, 'With "queue": true a run of it begins when that one has ended.');
}
