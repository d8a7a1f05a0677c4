import { z } from "zod";
import type { SnapshotInfo } from "../../model/binhost.ts";
import type { Snapshot, SnapshotDiff } from "../../model/snapshot.ts";
import { pruneSnapshots, snapshotDiff } from "../../operations/snapshots.ts";
import { SnapshotDiffSchema, SnapshotInfoSchema, SnapshotSchema } from "../../store/wire.ts";
import { type Api, refusals, Target } from "../api.ts";
import { HttpError } from "../errors.ts";
import { inNameOf, type Services } from "../services.ts";
import { Seen } from "../shared.ts";

const SnapshotId = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, "a snapshot's id, or current")
  .meta({ example: "current" });
const OfTarget = z.object({ target: Target });

/** What was published, as the binhost keeps it. */
export async function snapshotRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "read", cost: "shared" } as const;
  const querystring = z.object(Seen);

  api.get(
    "/snapshots/:target",
    {
      config,
      schema: {
        summary: "The snapshots of a target, newest first",
        tags: ["packages"],
        params: OfTarget,
        querystring,
        response: { 200: z.array(SnapshotInfoSchema), ...refusals },
      },
    },
    async (request): Promise<SnapshotInfo[]> =>
      api.shared.bySeen(request, request.query.seen, async () =>
        (await services.access.binhost()).snapshots(request.params.target),
      ),
  );

  api.get(
    "/snapshots/:target/:id",
    {
      config,
      schema: {
        summary: "The packages of one",
        tags: ["packages"],
        params: OfTarget.extend({ id: SnapshotId }),
        querystring,
        response: { 200: SnapshotSchema, ...refusals },
      },
    },
    async (request): Promise<Snapshot> => {
      const { target, id } = request.params;
      const found = await api.shared.bySeen(request, request.query.seen, async () =>
        (await services.access.binhost()).snapshot(target, id),
      );
      if (found) return found;
      throw new HttpError(404, `${target} has no snapshot ${id}`, `GET /api/v1/snapshots/${target} lists them.`);
    },
  );

  api.get(
    "/snapshots/:target/diff",
    {
      config,
      schema: {
        summary:
          "What is different between two; without `from` since the one before, without `to` up to the current one",
        tags: ["packages"],
        params: OfTarget,
        querystring: z.object({ from: SnapshotId.optional(), to: SnapshotId.optional(), ...Seen }),
        response: { 200: SnapshotDiffSchema, ...refusals },
      },
    },
    async (request): Promise<SnapshotDiff> => {
      const { target } = request.params;
      const { from, to, seen } = request.query;
      return api.shared.bySeen(request, seen, async () => {
        const binhost = await services.access.binhost();
        if (from !== undefined && to !== undefined) return await binhost.diff(target, from, to);
        return await snapshotDiff(services.access, { target, snapshots: await binhost.snapshots(target) }, from, to);
      });
    },
  );

  api.post(
    "/snapshots/:target/rollback",
    {
      config: { demand: "act", cost: "acting" },
      schema: {
        summary: "Publish a kept one again: clients get it from now on",
        tags: ["act"],
        params: OfTarget,
        body: z.object({ id: SnapshotId }).strict(),
        response: { 200: z.object({ target: z.string(), snapshot: z.string(), packages: z.int() }), ...refusals },
      },
    },
    async ({ params: { target }, body, caller }) => {
      const { id, packages } = await (await services.access.binhost()).rollback(target, body.id);
      services.log(`${inNameOf(services, caller).by} published ${id} of ${target} again`);
      return { target, snapshot: id, packages: packages.length };
    },
  );

  api.post(
    "/snapshots/:target/prune",
    {
      config: { demand: "act", cost: "acting" },
      schema: {
        summary: "Remove old ones, never the current one",
        tags: ["act"],
        params: OfTarget,
        body: z
          .object({
            keep: z.int().min(1).max(10_000).optional().meta({ description: "How many stay; absent: as configured." }),
          })
          .strict()
          .nullish(),
        response: {
          200: z.object({ target: z.string(), keep: z.int(), removed: z.array(z.string()) }),
          ...refusals,
        },
      },
    },
    async ({ params: { target }, body, caller }) => {
      const done = await pruneSnapshots(services.access, target, body?.keep);
      const { removed } = done;
      if (removed.length > 0) {
        services.log(`${inNameOf(services, caller).by} removed snapshots of ${target}: ${removed.join(", ")}`);
      }
      return { target, ...done };
    },
  );
}
