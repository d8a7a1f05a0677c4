import type { Client } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { SwarmConfig } from "../../config/schema.ts";
import type { OrchestratorActivities } from "../../model/activities.ts";
import { UserError } from "../../model/errors.ts";
import { latestRun } from "../../operations/runs.ts";
import { RunInProgress, startRun } from "../../operations/startRun.ts";
import { BinhostError } from "../../store/transport.ts";
import { accessInNameOf } from "./access.ts";

/** Starts runs as the command does, for schedules. */
export function createScheduledActivities(
  client: Client,
  config: SwarmConfig,
  token: string,
): Pick<OrchestratorActivities, "startScheduled"> {
  return {
    startScheduled: async ({ order, id }) => {
      const access = accessInNameOf(client, config, token, `schedule ${order.schedule}`);
      const { target, atoms, autoFinalize, acceptFailed } = order;
      const options = { sync: true, dryRun: false, skipUnresolvable: false, autoFinalize, acceptFailed };
      // It is repeated where its answer was lost.
      const latest = await latestRun(client, target);
      if (latest?.orders.includes(id)) return { outcome: "started", run: latest.run };
      try {
        return { outcome: "started", run: await startRun(access, { target, atoms, options, order: id }) };
      } catch (error) {
        if (error instanceof RunInProgress) return { outcome: "skipped", reason: error.message };
        // What a person has to mend does not mend itself.
        const refused = error instanceof BinhostError && error.status >= 400 && error.status < 500;
        if (refused || error instanceof UserError) throw ApplicationFailure.nonRetryable(error.message, "Refused");
        throw error;
      }
    },
  };
}
