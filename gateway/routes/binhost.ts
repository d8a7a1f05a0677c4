import { z } from "zod";
import type { SnapshotInfo } from "../../model/binhost.ts";
import type { AttemptRecord, HistorySummary } from "../../model/history.ts";
import type { Snapshot, SnapshotDiff } from "../../model/snapshot.ts";
import { AttemptListSchema, HistorySummarySchema } from "../../store/historyRecords.ts";
import { SnapshotDiffSchema, SnapshotInfoSchema, SnapshotSchema } from "../../store/wire.ts";
import { type Api, Limit, Offset, PackageName, refusals, Target } from "../api.ts";
import { HttpError } from "../errors.ts";
import { inNameOf, type Services } from "../services.ts";

const SnapshotId = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, "a snapshot's id, or current")
  .meta({ example: "current" });
const OfTarget = z.object({ target: Target });

/** What was published, and what builds took: the binhost keeps both. */
export async function binhostRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "read", cost: "asking" } as const;

  api.get(
    "/snapshots/:target",
    {
      config,
      schema: {
        summary: "The snapshots of a target, newest first",
        tags: ["packages"],
        params: OfTarget,
        response: { 200: z.array(SnapshotInfoSchema), ...refusals },
      },
    },
    async ({ params }): Promise<SnapshotInfo[]> => (await services.access.binhost()).snapshots(params.target),
  );

  api.get(
    "/snapshots/:target/:id",
    {
      config,
      schema: {
        summary: "The packages of one",
        tags: ["packages"],
        params: OfTarget.extend({ id: SnapshotId }),
        response: { 200: SnapshotSchema, ...refusals },
      },
    },
    async ({ params: { target, id } }): Promise<Snapshot> => {
      const found = await (await services.access.binhost()).snapshot(target, id);
      if (found) return found;
      throw new HttpError(404, `${target} has no snapshot ${id}`, `GET /api/v1/snapshots/${target} lists them.`);
    },
  );

  api.get(
    "/snapshots/:target/diff",
    {
      config,
      schema: {
        summary: "What is different between two",
        tags: ["packages"],
        params: OfTarget,
        querystring: z.object({ from: SnapshotId, to: SnapshotId }),
        response: { 200: SnapshotDiffSchema, ...refusals },
      },
    },
    async ({ params, query }): Promise<SnapshotDiff> =>
      (await services.access.binhost()).diff(params.target, query.from, query.to),
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

  api.get(
    "/history",
    {
      config,
      schema: {
        summary: "Attempts to build, newest first",
        tags: ["history"],
        querystring: z.object({
          package: PackageName.optional(),
          target: Target.optional(),
          limit: Limit(1_000, 100),
          offset: Offset,
        }),
        response: { 200: AttemptListSchema, ...refusals },
      },
    },
    async ({ query }): Promise<{ total: number; attempts: AttemptRecord[] }> => {
      const { history } = await services.access.binhost();
      const { package: name = null, target = null, limit, offset } = query;
      return history.attempts({ package: name, target, limit, offset });
    },
  );

  api.get(
    "/history/summary",
    {
      config,
      schema: {
        summary: "What costs most time, and how often each drone fails",
        tags: ["history"],
        querystring: z.object({ target: Target.optional(), limit: Limit(1_000, 20) }),
        response: { 200: HistorySummarySchema, ...refusals },
      },
    },
    async ({ query: { target = null, limit } }): Promise<HistorySummary> =>
      (await services.access.binhost()).history.summary(target, limit),
  );
}
