import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { asyncLocalStorage, type Context } from "@temporalio/activity";
import { Client, Connection } from "@temporalio/client";
import { expect, inject, test } from "vitest";
import { createAlertActivities } from "../../../activities/orchestrator/alerts.ts";
import { alertsSchema } from "../../../config/alerts.ts";
import { resolveConfig, surroundingsOf } from "../../../config/defaults.ts";
import { temporaryDirectory } from "../../cli/command.ts";
import { CountingProxy } from "../../gateway/countingProxy.ts";

test("an observation that is due, of a swarm that cannot be read, is tried again at leisure", async () => {
  await using engine = await CountingProxy.to(inject("temporalAddress"));
  const connection = await Connection.connect({ address: engine.address });
  const before = engine.total;
  // The engine is well, and refuses everything.
  const client = new Client({ connection, namespace: `none-${randomUUID()}` });
  const directory = await temporaryDirectory();
  const channel = [{ name: "phone", kind: "webhook", url: "http://127.0.0.1:1/x" }];
  const config = resolveConfig({ alerts: alertsSchema.parse({ channel }) }, surroundingsOf({}, directory));
  const warned: string[] = [];
  const stopping = new AbortController();
  const context = {
    heartbeat() {},
    info: {},
    cancellationSignal: new AbortController().signal,
    log: { warn: (text: string) => void warned.push(text) },
  } as unknown as Context;
  const { observe } = createAlertActivities(client, config, { env: {}, stopping: stopping.signal });
  const request = { digest: null, until: Date.now() - 60_000, starts: {}, active: [] };
  const observing = asyncLocalStorage.run(context, () => observe(request));
  const ended = expect(observing).rejects.toThrow("this orchestrator stops");
  await sleep(2_000);
  const { length } = warned;
  const asked = engine.total - before;
  stopping.abort();
  await ended;
  await connection.close();
  expect(length).toBe(1);
  // The questions of one look.
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(20);
});
