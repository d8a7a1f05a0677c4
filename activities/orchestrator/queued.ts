import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { SwarmConfig } from "../../config/schema.ts";
import type { OrchestratorActivities } from "../../model/activities.ts";
import { atomsOf, ENDS_SOON, peopleOf, type QueuedOrder, type QueuedOutcome } from "../../model/orders.ts";
import { queueIn, wasOvertaken } from "../../operations/queue.ts";
import { latestRun, runOfOrder } from "../../operations/runs.ts";
import { startRun } from "../../operations/startRun.ts";
import { isWorldMember } from "../../portage/atomList.ts";
import { accessInNameOf } from "./access.ts";

/** The run that it was queued in ends within this once it has handed its queue over, and so does a race with other starts. ms */
const SETTLED_MS = 5_000;

/** Begins runs with what was queued while another one was in progress. */
export function createQueuedActivities(
  client: Client,
  config: SwarmConfig,
  token: string,
): Pick<OrchestratorActivities, "startQueued"> {
  return {
    startQueued: async ({ target, after, queued: all, id }) => {
      const queued = all.filter(({ atoms }) => atoms.every(isWorldMember));
      if (queued.length === 0) {
        throw ApplicationFailure.nonRetryable(`no atom can be read: ${atomsOf(all).join(", ")}`, "Refused");
      }
      const before = await runOfOrder(client, target, (order) => order === id);
      if (before !== null) return { outcome: "started", run: before };
      const deadline = Date.now() + SETTLED_MS;
      for (;;) {
        const outcome = await begin(target, after, queued, id).catch((error: unknown) =>
          wasOvertaken(error) ? null : Promise.reject(error),
        );
        if (outcome) return outcome;
        if (Date.now() > deadline) throw ApplicationFailure.create({ message: ENDS_SOON, nextRetryDelay: "1s" });
        await sleep(200);
      }
    },
  };

  /** null: the run that it was queued in has not ended yet. */
  async function begin(
    target: string,
    after: string,
    queued: readonly QueuedOrder[],
    id: string,
  ): Promise<QueuedOutcome | null> {
    const latest = await latestRun(client, target);
    // The engine's list comes a moment after what it lists.
    if (latest?.orders.includes(id)) return { outcome: "started", run: latest.run };
    if (latest?.isInProgress && latest.run === after) return null;
    if (!latest?.isInProgress) {
      const access = accessInNameOf(client, config, token, `${peopleOf(queued)} (queued)`);
      // What one of several ordered must not stop the others; it is told at the gate.
      const options = { ...OPTIONS, skipUnresolvable: queued.length > 1 };
      const run = await startRun(access, { ...orderOf(target, queued), options, order: id });
      return { outcome: "started", run };
    }
    // Somebody was faster. What that run was started for is not ordered again.
    const left = queued.filter(({ orders }) => !orders?.every((order) => latest.orders.includes(order)));
    if (left.length === 0) return { outcome: "already", run: latest.run };
    const access = accessInNameOf(client, config, token, peopleOf(left));
    await queueIn(access, orderOf(target, left), latest.run);
    return { outcome: "queued", run: latest.run };
  }
}

const OPTIONS = { sync: true, dryRun: false, autoFinalize: false, acceptFailed: false };

/** All of them as one. */
function orderOf(
  target: string,
  queued: readonly QueuedOrder[],
): { target: string; atoms: string[]; orders: string[] } {
  return { target, atoms: atomsOf(queued), orders: queued.flatMap(({ orders = [] }) => orders) };
}
