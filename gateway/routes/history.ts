import { Readable } from "node:stream";
import { z } from "zod";
import type { HistoryAnswer } from "../../model/answers.ts";
import type { AttemptRecord, HistorySummary } from "../../model/history.ts";
import { headerLine, lineOf, parseHistory } from "../../operations/historyFile.ts";
import {
  AttemptListSchema,
  AttemptRecordSchema,
  FormatSchema,
  HistorySummarySchema,
  ImportedSchema,
} from "../../store/historyRecords.ts";
import { type Api, answerOfType, Limit, Offset, PackageName, refusals, Target } from "../api.ts";
import { inNameOf, type Services } from "../services.ts";
import { Seen } from "../shared.ts";

const LINES = "application/x-ndjson";
/** What is imported at once: reading more would keep all others waiting. bytes */
const MAX_IMPORT = 4 * 1024 * 1024;

const Export = FormatSchema.extend({ attempts: z.array(AttemptRecordSchema) });

/** What builds took, as the binhost keeps it. */
export async function historyRoutes(api: Api, services: Services): Promise<void> {
  const config = { demand: "read", cost: "asking" } as const;
  const shared = { demand: "read", cost: "shared" } as const;
  const tags = ["history"];

  api.get(
    "/history",
    {
      config: shared,
      schema: {
        summary: "Attempts to build, newest first",
        tags,
        querystring: z.object({
          package: PackageName.optional(),
          target: Target.optional(),
          limit: Limit(1_000, 100),
          offset: Offset,
          ...Seen,
        }),
        response: { 200: AttemptListSchema, ...refusals },
      },
    },
    async (request): Promise<HistoryAnswer> => {
      const { package: name = null, target = null, limit, offset, seen } = request.query;
      return api.shared.bySeen(request, seen, async () =>
        (await services.access.binhost()).history.attempts({ package: name, target, limit, offset }),
      );
    },
  );

  api.get(
    "/history/summary",
    {
      config: shared,
      schema: {
        summary: "What costs most time, and how often each drone fails",
        tags,
        querystring: z.object({ target: Target.optional(), limit: Limit(1_000, 20), ...Seen }),
        response: { 200: HistorySummarySchema, ...refusals },
      },
    },
    async (request): Promise<HistorySummary> => {
      const { target = null, limit, seen } = request.query;
      return api.shared.bySeen(request, seen, async () =>
        (await services.access.binhost()).history.summary(target, limit),
      );
    },
  );

  api.get(
    "/history/export",
    {
      config,
      schema: {
        summary: "Every attempt, to be kept or imported elsewhere: JSON lines, the first says the format",
        tags,
        response: { 200: answerOfType(LINES, "JSON lines."), ...refusals },
      },
    },
    async (_request, reply) => {
      const pieces = (await services.access.binhost()).history.export();
      // Asked before anything is answered: a binhost that is away is said to be away.
      const lines = Readable.from(linesOf(pieces, await pieces.next()));
      reply.type(`${LINES}; charset=utf-8`).header("content-disposition", 'attachment; filename="history.jsonl"');
      return reply.send(lines as never);
    },
  );

  await api.register(async (raw: Api) => {
    // What was exported comes back in its own form, each problem told with its place.
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser(["application/json", LINES], { parseAs: "string" }, (_request, body, done) =>
      done(null, body),
    );
    raw.post(
      "/history/import",
      {
        config: { demand: "act", cost: "acting", takes: { [LINES]: z.string(), "application/json": Export } },
        bodyLimit: MAX_IMPORT,
        schema: {
          summary: "Add the attempts of an export; known ones stay as they are",
          description: `JSON lines as they were exported (${LINES}), or one document { format, version, attempts }. At most 4 MiB: send more in pieces, each with the first line.`,
          tags: ["act"],
          response: { 200: ImportedSchema, ...refusals },
        },
      },
      async ({ body, caller }) => {
        const attempts = parseHistory(typeof body === "string" ? body : "", "the body");
        const done = await (await services.access.binhost()).history.import(attempts);
        services.log(`${inNameOf(services, caller).by} imported ${done.added} attempts`);
        return done;
      },
    );
  });
}

async function* linesOf(
  pieces: AsyncGenerator<AttemptRecord[]>,
  first: IteratorResult<AttemptRecord[], unknown>,
): AsyncGenerator<string> {
  yield headerLine();
  for (let piece = first; !piece.done; piece = await pieces.next()) yield piece.value.map(lineOf).join("");
}
