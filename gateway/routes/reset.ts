import { z } from "zod";
import { resetTarget } from "../../operations/reset.ts";
import { listRuns } from "../../operations/runs.ts";
import { type Api, RunId, refusals, Target } from "../api.ts";
import { HttpError } from "../errors.ts";
import { ACT_WITHIN_MS } from "../limits.ts";
import { Queued } from "../schemas/run.ts";
import { inNameOf, type Services } from "../services.ts";

/** What ends a run whatever state it is in. */
export async function resetRoute(api: Api, services: Services): Promise<void> {
  api.post(
    "/runs/:target/reset",
    {
      config: { demand: "act", cost: "acting" },
      schema: {
        summary: "Cancel the run, and throw away everything that it built and did not publish",
        description:
          "The body names the run, as a confirmation: nothing is done where the target has another one by now. A run that does not end by itself is terminated. May be repeated.",
        tags: ["act"],
        params: z.object({ target: Target }),
        body: z.object({ run: RunId }).strict(),
        response: {
          200: z.object({
            target: z.string(),
            cancelled: z.string().nullable().meta({ description: "The run that was in progress." }),
            terminated: z.boolean().meta({ description: "It did not end by itself." }),
            builds: z.int().meta({ description: "Builds that were still under way." }),
            dropped: z.array(Queued).meta({ description: "What was queued for after it." }),
            staging: z.array(z.string()).meta({ description: "Runs whose staging was thrown away." }),
          }),
          ...refusals,
        },
      },
    },
    async ({ params: { target }, body: { run }, caller, raw }) => {
      const access = inNameOf(services, caller);
      // Not from the run itself: one that is stuck answers nobody.
      const last = (await listRuns(await access.client(), 200)).find((each) => each.target === target);
      if (!last) throw new HttpError(404, `there was no run of ${target} yet`, "There is nothing to reset.");
      if (last.run !== run) {
        const what = `${run} is not the run of ${target}: that is ${last.run}`;
        throw new HttpError(409, what, "Nothing was done. Look at it, then name it.");
      }
      raw.socket.setTimeout(ACT_WITHIN_MS);
      const done = await resetTarget(
        access,
        target,
        (step) => services.log(`${access.by} resets ${run}: ${step}`),
        run,
      );
      services.watchers.refresh();
      return { target, ...done };
    },
  );
}
