import { z } from "zod";
import type { DroneSyncReport, SyncVerifyView } from "../../model/fleet.ts";
import { readSyncVerify, startSyncVerify } from "../../operations/syncVerify.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { parseBundle } from "../../portage/bundle.ts";
import { TargetInfoSchema } from "../../store/wire.ts";
import { type Api, refusals, Target } from "../api.ts";
import { Moment } from "../schemas/run.ts";
import { inNameOf, type Services } from "../services.ts";

const OfTarget = z.object({ target: Target });
const Report: z.ZodType<DroneSyncReport> = z.looseObject({
  name: z.string(),
  tree: z.string(),
  treeTime: z.string(),
  bundle: z.string(),
  chost: z.string(),
  compiler: z.string(),
  libc: z.string(),
  portage: z.string(),
});
const Compared: z.ZodType<SyncVerifyView> = z
  .looseObject({
    state: z.enum(["never", "running", "done", "failed"]),
    startedAt: Moment.nullable(),
    endedAt: Moment.nullable(),
    result: z
      .looseObject({
        drones: z.array(
          z.looseObject({
            name: z.string(),
            ok: z.boolean(),
            stale: z.boolean(),
            error: z.string().nullable(),
            report: Report.nullable(),
          }),
        ),
      })
      .nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: "SyncVerify", description: "Which drones have the same tree, as the last comparison has found." });

/** What is built for, and whether the drones have the same tree of it. */
export async function targetRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "read", cost: "asking" } as const;
  const tags = ["targets"];

  api.get(
    "/targets",
    {
      config,
      schema: {
        summary: "The targets, and what is published for each",
        tags,
        response: { 200: z.array(TargetInfoSchema), ...refusals },
      },
    },
    async () => (await services.access.binhost()).targets(),
  );

  api.get(
    "/targets/:target",
    {
      config,
      schema: {
        summary: "One with its profile, its world, and the files of its configuration by name",
        description:
          "The texts of the files may have secrets of those who made them: only the binhost's token shows these.",
        tags,
        params: OfTarget,
        response: {
          200: z.looseObject({
            name: z.string(),
            bundle: z.string(),
            updatedAt: z.string(),
            current: z.string().nullable(),
            profile: z.object({ repository: z.string(), path: z.string() }),
            world: z.array(z.string()),
            files: z.array(z.object({ path: z.string(), bytes: z.int() })),
          }),
          ...refusals,
        },
      },
    },
    async ({ params }) => {
      const binhost = await services.access.binhost();
      const info = await binhost.target(params.target);
      const { profile, world, files } = parseBundle(await binhost.getBlob(info.bundle));
      const sizes = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.byteLength(text) }));
      return { ...info, profile, world, files: sizes.sort((a, b) => (a.path < b.path ? -1 : 1)) };
    },
  );

  api.get(
    "/targets/:target/sync-verify",
    {
      config: { demand: "read", cost: "shared" },
      schema: {
        summary: "What the last comparison of the drones' trees has found, or that it goes on",
        tags,
        params: OfTarget,
        response: { 200: Compared, ...refusals },
      },
    },
    async (request) => {
      const { target } = request.params;
      return api.shared.glance(request, `trees ${target}`, () => readSyncVerify(services.access, target));
    },
  );

  api.post(
    "/targets/:target/sync-verify",
    {
      config: { demand: "act", cost: "acting" },
      schema: {
        summary: "Sync every drone's tree and compare them; one that goes on is joined. GET says what was found",
        tags: ["act"],
        params: OfTarget,
        body: z
          .object({
            sync: z.boolean().default(true).meta({ description: "false: compare the trees that are there." }),
          })
          .strict()
          .nullish(),
        response: { 202: Compared, ...refusals },
      },
    },
    async ({ params, body, caller }, reply) => {
      const access = inNameOf(services, caller);
      const target = await chooseTarget(access, params.target);
      await startSyncVerify(access, target, body?.sync ?? true);
      return reply.code(202).send(await readSyncVerify(access, target));
    },
  );
}
