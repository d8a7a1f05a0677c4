import { setTimeout as sleep } from "node:timers/promises";
import { Context } from "@temporalio/activity";
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { SwarmConfig } from "../../config/schema.ts";
import type { OrchestratorActivities } from "../../model/activities.ts";
import { type AlertSurroundings, createAlertActivities } from "./alerts.ts";
import { checkProof } from "./credential.ts";
import { lookAheadBeside } from "./lookAhead.ts";
import { createQueuedActivities } from "./queued.ts";
import { createScheduledActivities } from "./scheduled.ts";

/** Well under the heartbeat timeout of the workflows. ms */
const HEARTBEAT_MS = 4_000;

/** What orchestrators do beside running workflows. */
export function createOrchestratorActivities(
  client: Client,
  token: string,
  config: SwarmConfig,
  around: AlertSurroundings = { env: process.env, stopping: null },
): OrchestratorActivities {
  return {
    ...createAlertActivities(client, config, around),
    ...createScheduledActivities(client, config, token),
    ...createQueuedActivities(client, config, token),
    checkCredential: async (request) => checkProof(token, request),
    lookAhead: lookAheadBeside,
    outcomeOf: async (workflowId) => {
      const { cancellationSignal, heartbeat } = Context.current();
      const ended = new AbortController();
      const stop = AbortSignal.any([cancellationSignal, ended.signal]);
      const beating = (async () => {
        while (!stop.aborted) {
          heartbeat();
          await sleep(HEARTBEAT_MS, undefined, { signal: stop }).catch(() => {});
        }
      })();
      try {
        return await client.withAbortSignal(stop, () => client.workflow.getHandle(workflowId).result());
      } catch (error) {
        // That is how it ended: asked again, the engine would say the same.
        if (error instanceof WorkflowFailedError) throw lost(error.cause?.message ?? error.message);
        if (error instanceof WorkflowNotFoundError) throw lost("the engine does not know it");
        throw error;
      } finally {
        ended.abort();
        await beating;
      }
    },
  };
}

const lost = (reason: string): ApplicationFailure => ApplicationFailure.nonRetryable(reason, "ChildEnded");
