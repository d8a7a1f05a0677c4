import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { expect, inject, test } from "vitest";
import { quietRuntime } from "../bench/noop/swarm.ts";
import { dataConverter } from "../connection/codec.ts";
import { historyOf, readHistory } from "./support/historyFile.ts";

const DIRECTORY = join(import.meta.dirname, "histories");

test("recorded runs replay against the workflows as they are now: what is under way survives an update of the swarm", async () => {
  const files = (await readdir(DIRECTORY)).filter((file) => file.endsWith(".json"));
  expect(files.length).toBeGreaterThan(0);
  const histories = await Promise.all(
    files.map(async (file) => ({
      workflowId: file,
      history: await readHistory(join(DIRECTORY, file)),
    })),
  );
  quietRuntime();
  const results = Worker.runReplayHistories(
    { workflowBundle: { codePath: inject("workflowBundle") }, dataConverter },
    histories,
  );
  const outcomes: Record<string, string> = {};
  for await (const { workflowId, error } of results) outcomes[workflowId] = error?.message ?? "same";
  expect(outcomes).toEqual(Object.fromEntries(files.map((file) => [file, "same"])));
});

test("the alerts continue as new only when no message is at its channel: it would be sent twice", async () => {
  const { events } = await readHistory(join(DIRECTORY, "alerts.json"));
  // As if the engine had asked for it when the last message began.
  const begun = events.findLastIndex((event) => event.activityTaskScheduledEventAttributes);
  const before = events.slice(0, begun + 1);
  const asking = before.findLast((event) => event.workflowTaskStartedEventAttributes);
  Object.assign(asking?.workflowTaskStartedEventAttributes ?? {}, { suggestContinueAsNew: true });
  const last = before.at(-1);
  const eventTime = last?.eventTime;
  const taskBefore = last?.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId;
  const id = begun + 1;
  const timer = { timerId: "1", startToFireTimeout: { seconds: 30 }, workflowTaskCompletedEventId: taskBefore };
  const task = { scheduledEventId: id + 4, startedEventId: id + 5 };
  const after = { workflowTaskCompletedEventId: id + 6 };
  const made = [
    { timerStartedEventAttributes: timer },
    { activityTaskStartedEventAttributes: { scheduledEventId: id, attempt: 1 } },
    { activityTaskCompletedEventAttributes: { scheduledEventId: id, startedEventId: id + 2 } },
    { workflowTaskScheduledEventAttributes: { attempt: 1 } },
    { workflowTaskStartedEventAttributes: { scheduledEventId: id + 4, suggestContinueAsNew: true } },
    { workflowTaskCompletedEventAttributes: task },
    { timerCanceledEventAttributes: { timerId: "1", startedEventId: id + 1, ...after } },
    { workflowExecutionContinuedAsNewEventAttributes: { workflowType: { name: "alerts" }, ...after } },
  ].map((attributes, i) => ({ eventId: id + 1 + i, eventTime, eventType: typeOf(attributes), ...attributes }));
  quietRuntime();
  const options = { workflowBundle: { codePath: inject("workflowBundle") }, dataConverter };
  await Worker.runReplayHistory(options, historyOf([...before, ...made]));
});

/** `EVENT_TYPE_TIMER_STARTED` of an event with `timerStartedEventAttributes`. */
function typeOf(attributes: object): string {
  const [key = ""] = Object.keys(attributes);
  return `EVENT_TYPE_${key.replace("EventAttributes", "").replace(/[A-Z]/g, "_$&").toUpperCase()}`;
}
