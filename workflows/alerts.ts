import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from "@temporalio/workflow";
import { type OrchestratorActivities, QUEUES } from "../model/activities.ts";
import { type ChannelAnswer, type Notice, PARTLY_SENT } from "../model/alerts.ts";
import { sentenceOf } from "./failures.ts";
import { alertsQuery, notifyId, testAlertsUpdate } from "./messages.ts";
import { AlertsState, type SavedAlerts, type Sending } from "./states/alerts.ts";

const { observe } = proxyActivities<OrchestratorActivities>({
  taskQueue: QUEUES.orchestrator,
  startToCloseTimeout: "1d",
  heartbeatTimeout: "20s",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
  cancellationType: ActivityCancellationType.ABANDON,
  summary: "watch the swarm",
});

/** A message is sent within so long, or the try has failed: its process may be gone. */
const TRY = "30s";
/** For something that is not an outage of the engine or the orchestrators. */
const AFTER_ERROR = "1m";
/** How long a test waits for the channels to be known. */
const KNOWN_WITHIN = "15s";

/**
 * The alerts (one, id `alerts`): watches the swarm by an activity that returns only when something matters, and has each
 * channel told by activities of their own, so that no message is lost with a process. What is said to whom is decided by
 * AlertsState.
 */
export async function alerts(saved?: SavedAlerts): Promise<void> {
  const { firstExecutionRunId } = workflowInfo();
  const state = new AlertsState(saved ?? { instance: firstExecutionRunId.slice(0, 8), now: Date.now() });
  const sending: { message: Sending; scope: CancellationScope }[] = [];
  let dirty = true;

  setHandler(alertsQuery, () => state.view());
  setHandler(
    testAlertsUpdate,
    async ({ channel, by }) => {
      await condition(() => state.channels().length > 0, KNOWN_WITHIN);
      const known = state.channels();
      if (channel !== null && !known.includes(channel)) {
        throw ApplicationFailure.nonRetryable(
          `no channel ${channel}; the orchestrators have: ${known.join(", ") || "none"}`,
          "Refused",
        );
      }
      const channels = channel === null ? known : [channel];
      return await Promise.all(channels.map((name) => test(name, state.testNotice(name, by, Date.now()))));
    },
    {
      // The Web UI sends what somebody typed.
      validator: (request: unknown) => {
        const { by, channel } = Object(request);
        if (typeof by !== "string" || (channel !== null && typeof channel !== "string")) {
          throw ApplicationFailure.nonRetryable('not a request: { "by": NAME, "channel": NAME or null }', "Refused");
        }
      },
    },
  );

  void watch().catch(() => {});
  for (const message of state.pending()) begin(message);
  for (;;) {
    dirty = false;
    for (const message of state.take(Date.now())) begin(message);
    for (const { message, scope } of sending) if (!state.isPending(message)) scope.cancel();
    setCurrentDetails(details(state));
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      if (sending.length > 0) {
        // What is at its channel now would be sent once more by the next run.
        await condition(() => sending.length === 0, TRY);
        await condition(allHandlersFinished);
      }
      await continueAsNew<typeof alerts>(state.save());
    }
    const awake = (): boolean => dirty || workflowInfo().continueAsNewSuggested;
    const at = state.wakeAt(Date.now());
    if (at === null) await condition(awake);
    else await condition(awake, Math.max(1, at - Date.now()));
  }

  async function watch(): Promise<void> {
    for (;;) {
      try {
        state.observe(await observe(state.request()));
        dirty = true;
      } catch (error) {
        if (isCancellation(error)) throw error;
        await sleep(AFTER_ERROR);
      }
    }
  }

  function begin(message: Sending): void {
    const scope = new CancellationScope();
    const entry = { message, scope };
    sending.push(entry);
    void scope
      .run(() => send(message))
      .then(
        () => state.sent(message, Date.now()),
        (error: unknown) => {
          if (isCancellation(error)) return;
          if (isPartlySent(error)) state.sent(message, Date.now(), wordsOf(error));
          else state.failed(message, wordsOf(error), Date.now());
        },
      )
      .finally(() => {
        sending.splice(sending.indexOf(entry), 1);
        dirty = true;
      });
  }
}

async function send({ channel, notice }: Sending): Promise<void> {
  const { notify } = proxyActivities<OrchestratorActivities>({
    taskQueue: QUEUES.orchestrator,
    // People are told what a channel's tries end in, by this id.
    activityId: notifyId(channel, notice.id),
    startToCloseTimeout: TRY,
    scheduleToCloseTimeout: "1d",
    retry: { initialInterval: "5s", backoffCoefficient: 2, maximumInterval: "10m" },
    summary: `${channel}: ${notice.title}`,
  });
  await notify({ channel, notice });
}

async function test(channel: string, notice: Notice): Promise<ChannelAnswer> {
  const { notify } = proxyActivities<OrchestratorActivities>({
    taskQueue: QUEUES.orchestrator,
    scheduleToCloseTimeout: TRY,
    retry: { maximumAttempts: 1 },
    summary: `test of ${channel}`,
  });
  try {
    return { channel, ok: true, answer: await notify({ channel, notice }) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { channel, ok: false, answer: wordsOf(error) };
  }
}

const isPartlySent = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === PARTLY_SENT;

const wordsOf = (error: unknown): string =>
  error instanceof ActivityFailure || error instanceof ApplicationFailure ? sentenceOf(error) : String(error);

function details(state: AlertsState): string {
  const { active, channels } = state.view();
  const rows = active.map(({ severity, title, text }) => `| ${severity} | ${title} | ${text} |`);
  return [
    `Channels: ${channels.map(({ name }) => name).join(", ") || "none yet"}`,
    "",
    "| severity | alert | |",
    "| --- | --- | --- |",
    ...rows,
  ].join("\n");
}
