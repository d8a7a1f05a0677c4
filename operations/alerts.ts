import type { AlertsView, ChannelAnswer } from "../model/alerts.ts";
import { UserError, usageError } from "../model/errors.ts";
import { nearest } from "../system/nearest.ts";
import { ALERTS_ID, alertsQuery, notifyId, testAlertsUpdate } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { activitiesOf, askWorkflow, sendUpdate } from "./engine.ts";

const NOBODY =
  "no orchestrator watches for alerts. Give them a channel, [[alerts.channel]] in swarm.toml (swarm config sample), and restart them";

/**
 * What is wrong, what was, and how the channels are; null: nobody watches, since no channel is configured. What a channel's
 * message that is being tried again fails by is its last error.
 */
export async function readAlerts(access: Access): Promise<AlertsView | null> {
  const client = await access.client();
  try {
    const [view, described] = await Promise.all([
      askWorkflow(client, ALERTS_ID, alertsQuery),
      client.workflow.getHandle(ALERTS_ID).describe(),
    ]);
    if (described.status.name !== "RUNNING") return null;
    const activities = await activitiesOf(client, described);
    const channels = view.channels.map((channel) => {
      const trying = activities.find(
        ({ id, problem }) => id.startsWith(notifyId(channel.name, "")) && problem !== null,
      );
      return trying?.problem ? { ...channel, lastError: { at: null, text: trying.problem } } : channel;
    });
    return { ...view, channels };
  } catch (error) {
    if (error instanceof Error && error.name === "WorkflowNotFoundError") return null;
    throw error;
  }
}

/**
 * Has an orchestrator send a test message at once, to one channel or to all.
 * @throws UserError: there is no such channel, or nobody watches for alerts
 */
export async function testAlerts(access: Access, channel?: string): Promise<ChannelAnswer[]> {
  const view = await readAlerts(access);
  if (view === null) throw new UserError(NOBODY);
  const names = view.channels.map(({ name }) => name);
  // Right after its start the workflow does not know the channels yet: it refuses by itself what is not there.
  if (channel !== undefined && names.length > 0 && !names.includes(channel)) {
    const near = nearest(channel, names);
    const hint = near === null ? ";" : `, did you mean '${near}'?`;
    throw usageError(`unknown channel '${channel}'${hint} known: ${names.join(", ")}`);
  }
  const request = { channel: channel ?? null };
  return await sendUpdate(
    await access.client(),
    ALERTS_ID,
    testAlertsUpdate.name,
    { by: access.by, ...request },
    NOBODY,
  );
}
