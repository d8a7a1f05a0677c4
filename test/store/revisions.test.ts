import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { BinhostView } from "../../model/binhost.ts";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore, type PackageStore } from "../../store/store.ts";
import { ALL, attemptAt, failureAt, newHistory } from "./historySupport.ts";
import { newStore, stagePackage, TARGET } from "./support.ts";

const TOKEN = "a token of the tests";

async function publish(store: PackageStore, bundle: string, day: number): Promise<string> {
  const run = `desktop-${day}`;
  await stagePackage(store, run, { cpv: `app-misc/hello-1.${day}` });
  const createdAt = new Date(Date.UTC(2026, 0, day)).toISOString();
  return (await store.publish({ target: TARGET, run, tree: "git:abc", bundle, createdAt })).id;
}

/** Of what was done in a row; the first is what was there before. */
async function revisions(store: PackageStore, steps: (() => Promise<unknown>)[]): Promise<(string | undefined)[]> {
  const seen = [(await store.target(TARGET)).revision];
  for (const step of steps) {
    await step();
    seen.push((await store.target(TARGET)).revision);
  }
  return seen;
}

test("a target's revision is another one after each publish, rollback and removal, by whoever; and no other otherwise", async () => {
  const { store, bundle } = await newStore();
  const other = await openStore(store.dir, { name: "main" });
  const ids: string[] = [];
  const seen = await revisions(store, [
    async () => ids.push(await publish(store, bundle, 1)),
    async () => ids.push(await publish(store, bundle, 2)),
    async () => ids.push(await publish(other, bundle, 3)),
    () => store.rollback(TARGET, ids[0] ?? ""),
    () => other.rollback(TARGET, ids[2] ?? ""),
    () => other.prune(TARGET, 2),
    () => store.prune(TARGET, 1),
  ]);
  expect(await store.snapshots(TARGET)).toHaveLength(1);
  expect(new Set(seen).size).toBe(seen.length);
  const calm = await revisions(store, [
    () => stagePackage(store, "desktop-9", { cpv: "app-misc/hello-9" }),
    () => store.putTarget(TARGET, bundle),
    () => store.snapshots(TARGET),
    () => store.rollback(TARGET, ids[2] ?? ""),
  ]);
  expect(new Set(calm)).toEqual(new Set([seen.at(-1)]));
});

test("the history's revision is another one after each attempt that is added, by whoever; and no other otherwise", async () => {
  const { history, file } = await newHistory();
  expect(history.revision()).toBeNull();
  history.prepare();
  const { history: other } = await newHistory(file);
  const steps: [what: string, step: () => unknown, isOther: boolean][] = [
    ["an attempt", () => history.record(attemptAt(1)), true],
    ["the same again", () => history.record(attemptAt(1)), false],
    ["a failure", () => history.record(failureAt(2)), true],
    ["its late success", () => history.record(attemptAt(2)), true],
    ["an import", () => history.import([attemptAt(3), attemptAt(4)]), true],
    ["the same import", () => history.import([attemptAt(3)]), false],
    ["another process", () => other.record(attemptAt(5)), true],
    ["a question", () => history.attempts(ALL), false],
    ["a summary", () => history.summary(null, 10), false],
  ];
  const found = steps.map(([what, step]) => {
    const before = history.revision();
    step();
    return [what, history.revision() !== before];
  });
  expect(found).toEqual(steps.map(([what, , isOther]) => [what, isOther]));
});

test("over HTTP both come with the targets; who asks for these alone, and an older binhost, has them as ever", async () => {
  const { store, bundle } = await newStore();
  await publish(store, bundle, 1);
  store.history.prepare();
  onTestFinished(() => store.history.close());
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  onTestFinished(() => server.close());
  const client = new BinhostClient(await server.listen({ host: "127.0.0.1", port: 0 }), TOKEN);
  const target = await store.target(TARGET);
  expect(await client.view()).toEqual({ targets: [target], history: store.history.revision() });
  expect(await client.targets()).toEqual([target]);

  const { revision: _, ...known } = target;
  const older = createServer((_request, response) => response.end(JSON.stringify([known])));
  onTestFinished(() => void older.close());
  older.listen(0, "127.0.0.1");
  await once(older, "listening");
  const url = `http://127.0.0.1:${(older.address() as AddressInfo).port}`;
  expect(await new BinhostClient(url, TOKEN).view()).toEqual({ targets: [known] } satisfies BinhostView);
});
