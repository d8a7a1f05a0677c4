import { z } from "zod";
import type { LogsAnswer } from "../../model/answers.ts";
import { matchingPackages } from "../../operations/packages.ts";
import { type Api, Limit, Offset, PackageName, Phase, RunId, refusals } from "../api.ts";
import { HttpError } from "../errors.ts";
import { Logs } from "../schemas/answers.ts";
import type { Services } from "../services.ts";
import { Seen } from "../shared.ts";

/** Which logs there are. */
export async function logSearchRoute(api: Api, services: Services): Promise<void> {
  api.get(
    "/logs/:run",
    {
      config: { demand: "read", cost: "shared" },
      schema: {
        summary: "The logs of a run, of the present or the past, while they are kept; those that failed in a phase",
        tags: ["logs"],
        params: z.object({ run: RunId }),
        querystring: z.object({
          package: PackageName.optional(),
          failed: z.enum(["true"]).optional().meta({ description: "Only of attempts that failed." }),
          phase: Phase.optional().meta({ description: "Only of attempts that failed in this phase." }),
          limit: Limit(20_000, 1_000),
          offset: Offset,
          ...Seen,
        }),
        response: { 200: Logs, ...refusals },
      },
    },
    async (request): Promise<LogsAnswer> => {
      const { run } = request.params;
      const { package: name, failed, phase, limit, offset, seen } = request.query;
      const list = async () => (await services.access.binhost()).logs.list(run);
      // Of those that grow pages ask each second, whichever of them they show.
      if (seen === undefined) await api.counters.asking(request);
      const all = await (seen === undefined ? list() : api.shared.glance(request, `logs ${run}`, list));
      if (all.length === 0) {
        throw new HttpError(
          404,
          `the binhost has no logs of ${run}`,
          "They come when builds begin, and are removed after [build] keep_logs_days. GET /api/v1/runs lists runs.",
        );
      }
      const named = name === undefined ? all : matchingPackages(all, name);
      const logs = named.filter(
        (log) => (failed === undefined || log.failed !== null) && (phase === undefined || log.failed?.phase === phase),
      );
      return { run, total: logs.length, logs: logs.slice(offset, offset + limit) };
    },
  );
}
