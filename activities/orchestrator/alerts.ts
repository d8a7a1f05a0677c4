import { setTimeout as sleep } from "node:timers/promises";
import { Context } from "@temporalio/activity";
import type { Client } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { SwarmConfig } from "../../config/schema.ts";
import type { OrchestratorActivities } from "../../model/activities.ts";
import { isAtLeast, type ObserveRequest, PARTLY_SENT, type RunStarts } from "../../model/alerts.ts";
import { messageOf } from "../../model/errors.ts";
import { Observer } from "../../operations/observe.ts";
import { RefusedForSome } from "./channels/email.ts";
import { beat, sendNotice } from "./channels.ts";

/** How often the swarm is looked at. ms */
const LOOK_MS = 10_000;
/** How often a channel that wants to hear regularly does. ms */
const BEAT_MS = 60_000;
/** Well under the heartbeat timeout of the workflow. ms */
const HEARTBEAT_MS = 4_000;
/** A message that some of its receivers have is tried for so long for the others: the next one waits for it. ms */
const FOR_ALL_MS = 5 * 60_000;
/** In between it answers in any case, so that no activity runs for ever. ms */
const LONGEST_MS = 6 * 60 * 60_000;

/** The process that does it. */
export interface AlertSurroundings {
  /** Has secrets that stand in no file. */
  env: NodeJS.ProcessEnv;
  /** Aborted when it stops in order: another one watches then. */
  stopping: AbortSignal | null;
}

/** What orchestrators do for the alerts. */
export function createAlertActivities(
  client: Client,
  config: SwarmConfig,
  { env, stopping }: AlertSurroundings,
): Pick<OrchestratorActivities, "observe" | "notify"> {
  const observer = new Observer(client, config);
  const { channels } = config.alerts;
  const from = { swarm: config.swarm.name, env };

  /** Regular messages are no alerts: one that is lost is followed by the next. */
  async function beatAll({ active }: ObserveRequest): Promise<void> {
    await Promise.allSettled(
      channels.map(async (channel) => {
        const said = active.filter(({ severity }) => isAtLeast(severity, channel.minSeverity));
        await beat(
          channel,
          said.map(({ title }) => title),
          from,
        );
      }),
    );
  }

  return {
    observe: async (request) => {
      if (channels.length === 0) {
        throw ApplicationFailure.retryable("this orchestrator's configuration has no [[alerts.channel]]", "NoChannels");
      }
      const { heartbeat, heartbeatDetails, cancelled, log } = contextOf();
      const signal = stopping ? AbortSignal.any([cancelled, stopping]) : cancelled;
      let starts = heartbeatDetails ?? request.starts;
      const timer = setInterval(() => heartbeat(starts), HEARTBEAT_MS);
      const end = Date.now() + LONGEST_MS;
      let beatAt = 0;
      let problem = "";
      const tell = (text: string): void => {
        if (text !== problem && text !== "") log.warn(`alerts: cannot read all of the swarm, tried again: ${text}`);
        problem = text;
      };
      try {
        for (;;) {
          const observation = await observer.observe(starts, request.seen).catch((error: unknown) => {
            tell(messageOf(error));
            return null;
          });
          if (observation) {
            tell(observer.problem);
            starts = observation.starts;
            const isTime = Date.now() >= Math.min(end, request.until ?? end);
            if (observation.digest !== request.digest || isTime) return observation;
            if (Date.now() >= beatAt) {
              beatAt = Date.now() + BEAT_MS;
              await beatAll(request);
            }
          }
          heartbeat(starts);
          // What cannot be read now will not be read at once, however late it is.
          const left = observation ? Math.max(0, (request.until ?? end) - Date.now()) : LOOK_MS;
          await sleep(Math.min(LOOK_MS, left), undefined, { signal });
        }
      } catch (error) {
        // An activity that went on would hold the process up.
        if (stopping?.aborted) throw ApplicationFailure.retryable("this orchestrator stops", "Stopping");
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
    notify: async ({ channel: name, notice }) => {
      const channel = channels.find((each) => each.name === name);
      if (!channel) throw ApplicationFailure.retryable(`this orchestrator has no channel ${name}`, "NoChannel");
      const { info, heartbeat } = Context.current();
      const left = addressesOf(info.heartbeatDetails);
      try {
        return await sendNotice(channel, notice, from, left);
      } catch (error) {
        const refused = error instanceof RefusedForSome ? error : null;
        // The next try is for these alone.
        if (refused) heartbeat(refused.addresses);
        else if (left === undefined) throw error;
        const isLate = Date.now() - info.scheduledTimestampMs > FOR_ALL_MS;
        if (isLate || refused?.isFinal) throw ApplicationFailure.nonRetryable(messageOf(error), PARTLY_SENT);
        throw error;
      }
    },
  };
}

/** Who did not get a message at an earlier try that others got it by. Only ever written here. */
function addressesOf(details: unknown): string[] | undefined {
  return Array.isArray(details) ? details : undefined;
}

function contextOf() {
  const context = Context.current();
  const details: unknown = context.info.heartbeatDetails;
  return {
    heartbeat: (starts: RunStarts) => context.heartbeat(starts),
    // Only ever written here.
    heartbeatDetails: details === undefined || details === null ? null : (details as RunStarts),
    cancelled: context.cancellationSignal,
    log: context.log,
  };
}
