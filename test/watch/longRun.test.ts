import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Client } from "@temporalio/client";
import { defaultPayloadConverter } from "@temporalio/common";
import { expect, test } from "vitest";
import { EventReader } from "../../watch/eventReader.ts";
import type { HistoryEvent } from "../../watch/history.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Builds that one execution gives away, and of them those that are under way when it continues as new. */
const BUILDS = 500;
const LEFT = 20;

const payloads = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value) ?? {}] });
const executionOf = (n: number): string => `execution-${n}`;
const workflowOf = (cpv: string): string => `build/desktop-20261121-0101/${cpv}/1`;

/** The history of one execution of a run: builds begin and are received, the last ones by the next execution. */
function execution(n: number): HistoryEvent[] {
  const cpvs = Array.from({ length: BUILDS }, (_, i) => `cat${n}/a-package-with-a-long-name-${i}-1.2.3`);
  const inherited = Array.from({ length: n > 0 ? LEFT : 0 }, (_, i) => {
    return `cat${n - 1}/a-package-with-a-long-name-${BUILDS - LEFT + i}-1.2.3`;
  });
  const begun = {
    originalExecutionRunId: executionOf(n),
    ...(n > 0 ? { continuedExecutionRunId: executionOf(n - 1) } : {}),
  };
  const events: HistoryEvent[] = [{ workflowExecutionStartedEventAttributes: begun }];
  for (const cpv of inherited) {
    const asked = { activityType: { name: "outcomeOf" }, input: payloads(workflowOf(cpv)) };
    events.push({ activityTaskScheduledEventAttributes: asked });
  }
  for (let i = 0; i < inherited.length; i++) {
    // As Temporal numbers them: the schedule of the i-th is event i + 2.
    const ended = { scheduledEventId: (i + 2) as never, result: payloads({ size: 5 }) };
    events.push({ activityTaskCompletedEventAttributes: ended });
  }
  for (const [i, cpv] of cpvs.entries()) {
    const workflowId = workflowOf(cpv);
    const input = payloads({ drone: "izar", order: { cpv, attempt: 1, jobs: 4 } });
    events.push({ startChildWorkflowExecutionInitiatedEventAttributes: { workflowId, input } });
    if (i >= BUILDS - LEFT) continue;
    const done = { workflowExecution: { workflowId }, result: payloads({ size: 5 }) };
    events.push({ childWorkflowExecutionCompletedEventAttributes: done });
  }
  const next = { newExecutionRunId: executionOf(n + 1) };
  events.push({ workflowExecutionContinuedAsNewEventAttributes: next });
  const eventTime = { seconds: (1_700_000_000 + n * 3600) as never, nanos: 0 };
  return events.map((event, i) => ({ ...event, eventId: (i + 1) as never, eventTime }));
}

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test("reading a run of many executions keeps what is under way, and nothing of what has ended", async () => {
  const reader = new EventReader(new Client());
  const received: string[] = [];
  let before = 0;
  for (let n = 0; n < 120; n++) {
    // Of the first ones the process itself still grows.
    if (n === 20) before = heap();
    const told = await reader.read(execution(n));
    if (n < 3) received.push(...told.flatMap(({ kind, text }) => (kind === "received" ? [text] : [])));
    expect(told.filter(({ kind }) => kind === "received")).toHaveLength(n === 0 ? BUILDS - LEFT : BUILDS);
  }
  expect(received.every((text) => text.endsWith(" is received from izar"))).toBe(true);
  // 50,000 builds.
  expect((heap() - before) / 2 ** 20).toBeLessThan(3);
}, 60_000);
