import { setTimeout as sleep } from "node:timers/promises";
import { Context } from "@temporalio/activity";
import type { Client } from "@temporalio/client";
import type { OrchestratorActivities } from "../../model/activities.ts";
import { checkProof } from "./credential.ts";
import { lookAheadPatiently } from "./lookAhead.ts";

/** Well under the heartbeat timeout of the workflows. ms */
const HEARTBEAT_MS = 4_000;

/** What orchestrators do beside running workflows. */
export function createOrchestratorActivities(client: Client, token: string): OrchestratorActivities {
  return {
    checkCredential: async (request) => checkProof(token, request),
    lookAhead: lookAheadPatiently,
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
      } finally {
        ended.abort();
        await beating;
      }
    },
  };
}
