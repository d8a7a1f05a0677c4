import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { HISTORY_FORMAT } from "../model/history.ts";
import { StoreError } from "./errors.ts";
import type { BuildHistory } from "./history.ts";
import { AttemptRecordSchema, ExportKeySchema, FormatSchema } from "./historyRecords.ts";

/** A piece of an import, or the names of a large plan. */
const BODY_BYTES = 16 * 1024 * 1024;
const PAGE = 1000;

const Limit = z.coerce.number().int().positive().max(PAGE);
const Query = z.object({
  package: z.string().min(1).max(300).optional(),
  target: z.string().optional(),
  limit: Limit.default(20),
  offset: z.coerce.number().int().nonnegative().default(0),
});
const ExportFrom = z.record(z.string(), z.string());
const ImportBody = z.object({ attempts: z.array(AttemptRecordSchema) });

/** The routes of the build history, below /api/history. */
export async function registerHistoryApi(api: FastifyInstance, history: BuildHistory): Promise<void> {
  api.get("/attempts", async (request) => {
    const query = Query.parse(request.query);
    return history.attempts({ ...query, package: query.package ?? null, target: query.target ?? null });
  });
  api.get("/summary", async (request) => {
    const { target, limit } = Query.parse(request.query);
    return history.summary(target ?? null, limit);
  });
  api.get("/export", async (request) => {
    const after = ExportFrom.parse(request.query);
    return history.page("run" in after ? ExportKeySchema.parse(after) : null, PAGE);
  });
  api.post("/import", { bodyLimit: BODY_BYTES }, async (request) => {
    const { version } = FormatSchema.parse(request.body);
    if (version > HISTORY_FORMAT.version) {
      throw new StoreError(
        "invalid",
        `this history has format ${version}; the binhost knows ${HISTORY_FORMAT.version}`,
        {
          hint: "Update the binhost's build-swarm.",
        },
      );
    }
    return history.import(ImportBody.parse(request.body).attempts);
  });
  api.post("/samples", { bodyLimit: BODY_BYTES }, async (request) => {
    return history.samples(
      z
        .array(z.string().max(300))
        .max(5 * PAGE)
        .parse(request.body),
    );
  });
}
