import { expect, onTestFinished, test } from "vitest";
import type { AttemptRecord } from "../../model/history.ts";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { ALL, attemptAt, failureAt } from "./historySupport.ts";
import { newStore } from "./support.ts";

const TOKEN = "a-token-of-the-tests-0123456789";

async function binhost(token = TOKEN) {
  const { store } = await newStore();
  onTestFinished(() => store.history.close());
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return { store, url, client: new BinhostClient(url, token).history };
}

test("over HTTP the same answers as from the store", async () => {
  const { store, client } = await binhost();
  for (let at = 0; at < 5; at++) store.history.record(attemptAt(at));
  store.history.record(failureAt(9, { cpv: "dev-libs/openssl-3.0.2", target: "laptop" }));
  const query = { package: "app-misc/hello", target: "desktop", limit: 2, offset: 1 };
  expect(await client.attempts(query)).toEqual(store.history.attempts(query));
  expect(await client.summary(null, 10)).toEqual(store.history.summary(null, 10));
  expect(await client.summary("laptop", 10)).toEqual(store.history.summary("laptop", 10));
  const names = ["app-misc/hello", "dev-libs/openssl"];
  expect(await client.samples(names)).toEqual(store.history.samples(names));
});

test("thousands of attempts go out and come in, in pieces; again nothing is added", async () => {
  const [from, to] = [await binhost(), await binhost()];
  const records = Array.from({ length: 2501 }, (_, at) => attemptAt(at, { attempt: at % 3 }));
  expect(await from.client.import(records)).toEqual({ added: 2501, known: 0 });
  const out: AttemptRecord[] = [];
  for await (const some of from.client.export()) out.push(...some);
  expect(out).toHaveLength(2501);
  expect(await to.client.import(out)).toEqual({ added: 2501, known: 0 });
  expect(await to.client.import(out)).toEqual({ added: 0, known: 2501 });
  expect(to.store.history.attempts(ALL)).toEqual(from.store.history.attempts(ALL));
});

test("an unknown package is refused with the nearest names", async () => {
  const { store, client } = await binhost();
  store.history.record(attemptAt(1));
  const refusal = { status: 404, message: expect.stringContaining("Did you mean app-misc/hello?") };
  await expect(client.attempts({ ...ALL, package: "app-misc/helo" })).rejects.toMatchObject(refusal);
});

test("without the token nothing is told or taken", async () => {
  const { store, client } = await binhost("wrong");
  await expect(client.summary(null, 1)).rejects.toMatchObject({ status: 401 });
  await expect(client.import([attemptAt(1)])).rejects.toMatchObject({ status: 401 });
  expect(store.history.attempts(ALL).total).toBe(0);
});

test.each([
  ["a newer format", { format: "build-swarm-history", version: 2, attempts: [] }, /format 2.*knows 1/],
  ["another format", { format: "other", version: 1, attempts: [] }, /bad request/],
  [
    "attempts that are none",
    { format: "build-swarm-history", version: 1, attempts: [{ run: "../etc" }] },
    /bad request/,
  ],
])("%s is refused, and nothing of it is taken", async (_what, body, message) => {
  const { store, url } = await binhost();
  const response = await fetch(`${url}/api/history/import`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(400);
  expect(((await response.json()) as { error: string }).error).toMatch(message);
  expect(store.history.attempts(ALL).total).toBe(0);
});

test("queries that are none are refused", async () => {
  const { url } = await binhost();
  for (const query of ["limit=0", "limit=many", "offset=-1", "limit=100000"]) {
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await fetch(`${url}/api/history/attempts?${query}`, { headers })).status, query).toBe(400);
  }
});
