import { expect, test } from "vitest";
import { hang } from "../../bench/noop/drone.ts";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { State } from "../../gateway/schemas/state.ts";
import type { PackageAnswer } from "../../model/answers.ts";
import { headerLine, lineOf } from "../../operations/historyFile.ts";
import { whyQuery } from "../../workflows/messages.ts";
import { attemptAt } from "../store/historySupport.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { Questions } from "../support/questions.ts";
import { gatewayOf, putTarget, type TestGateway } from "./support.ts";

const SUMMARY = /^\/api\/history\/summary$/;

async function many(gateway: TestGateway, path: string, number = 40): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: number }, () => gateway.ask(path)));
  return [...new Set(answers.map(({ status }) => status))];
}

test("those who have seen the same share one answer of the binhost; of another revision, or after something was done, it is another one", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  using asked = new Questions();
  const path = "/api/v1/history/summary";
  expect(await many(gateway, `${path}?seen=a`)).toEqual([200]);
  expect(asked.count(SUMMARY)).toBe(1);
  expect(await many(gateway, `${path}?seen=b`)).toEqual([200]);
  expect(asked.count(SUMMARY)).toBe(2);
  const headers = { "content-type": "application/x-ndjson" };
  const body = headerLine() + lineOf(attemptAt(1));
  expect((await gateway.ask("/api/v1/history/import", { body, headers })).body).toEqual({ added: 1, known: 0 });
  expect((await gateway.ask<{ attempts: number }>(`${path}?seen=b`)).body.attempts).toBe(1);
  expect(asked.count(SUMMARY)).toBe(3);
  // Who says nothing of what he has seen is told how it is.
  gateway.access.store.history.record(attemptAt(2));
  expect((await gateway.ask<{ attempts: number }>(path)).body.attempts).toBe(2);
});

test("who asks too much is refused what would have to be asked for, and spoils it for nobody", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  const ask = (as: "viewer" | "operator", seen: string) => gateway.ask(`/api/v1/history/summary?seen=${seen}`, { as });
  let refused = 0;
  for (let i = 0; i < 1_300; i += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, k) => ask("viewer", `${i + k}`)));
    refused += answers.filter(({ status }) => status === 429).length;
  }
  expect(refused).toBe(100);
  const [, operator] = await Promise.all([ask("viewer", "new"), ask("operator", "new")]);
  expect(operator.status).toBe(200);
  expect((await ask("viewer", "new")).status).toBe(200);
});

test("the state tells a revision of each target's snapshots, and of the history as soon as somebody uses it", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const { store } = gateway.access;
  const reading = async () => (await gateway.ask<State>("/api/v1/state")).body.reading;
  await until("the target is known", async () => (await reading()).snapshotRevisions?.desktop !== undefined);
  expect((await reading()).historyRevision).toBeUndefined();
  store.history.prepare();
  const before = await until("the history is known", async () => (await reading()).historyRevision ?? false);
  store.history.record(attemptAt(1));
  await until("it is another one", async () => (await reading()).historyRevision !== before);
});

test("why packages wait is one question to the run, however many look at however many of them", async () => {
  await using swarm = await noopSwarm({ plan: chain(30), drones: [{ name: "izar", build: hang }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const run = await swarm.run();
  await until("it builds", async () => (await swarm.view()).counts.delegated === 1);
  const path = (i: number): string => `/api/v1/runs/desktop/packages/chain/link${i}-1`;
  await until("the gateway knows of it", async () => (await gateway.ask(path(29))).status === 200);
  const client = await gateway.gateway.services.access.client();
  const service = client.workflowService;
  const query = service.queryWorkflow;
  let queries = 0;
  service.queryWorkflow = ((...given: Parameters<typeof query>) => {
    const [request] = given;
    if ("query" in request && request.query?.queryType === whyQuery.name) queries++;
    return query.apply(service, given);
  }) as typeof query;
  const answers = await Promise.all(
    Array.from({ length: 90 }, (_, i) => gateway.ask<PackageAnswer>(path(1 + (i % 29)))),
  );
  const whys = answers.map(({ body }) => body.why);
  expect(whys.filter((why) => !/^(needs|waits for) /.test(why))).toEqual([]);
  expect(queries).toBeGreaterThan(0);
  expect(queries).toBeLessThanOrEqual(3);
  await run.executeUpdate("cancel", { args: [{ by: "a test" }] });
});
