import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { cancelUpdate } from "../../workflows/messages.ts";
import { held } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { EventStream } from "./eventReader.ts";
import { gatewayOf, putTarget, type TestGateway } from "./support.ts";

const RUN = "desktop-20261121-0101";
/** What a log ends with. */
type End = { size: number; cut: unknown; complete: boolean; reason: string | null };

const { build, release } = held();
let swarm: NoopSwarm;
let gateway: TestGateway;
beforeAll(async () => {
  swarm = await noopSwarm({ plan: chain(3), drones: [{ name: "izar", build }] });
  gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  await swarm.run({ run: RUN });
  await until("it builds", async () => (await swarm.view()).counts.delegated === 1);
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await swarm?.stop();
});

const pathOf = (cpv: string, attempt: number, run = RUN): string => `/api/v1/logs/${run}/${cpv}/${attempt}/follow`;
const follow = (cpv: string, attempt: number, lastId?: string): Promise<EventStream> =>
  EventStream.open(gateway.url + pathOf(cpv, attempt), gateway.tokens.viewer, lastId);
const textOf = (stream: EventStream): string =>
  stream
    .events<{ text: string }>("chunk")
    .map(({ text }) => text)
    .join("");
const endOf = (stream: EventStream): Promise<End> =>
  until("it ends", async () => stream.isOver && stream.events<End>("end")[0], { ms: 20_000 });

describe("a log that is followed", () => {
  test("begins when its build does, and goes on where its reader was", async () => {
    const { logs } = gateway.access.store;
    const key = { run: RUN, cpv: "chain/link2-1", attempt: 1 };
    using early = await follow(key.cpv, 1);
    await logs.append(key, { begun: 7, offset: 0 }, Buffer.from("one\n"));
    await until("its first line", async () => textOf(early) === "one\n");
    using back = await follow(key.cpv, 1, early.lastId);
    await logs.append(key, { begun: 7, offset: 4 }, Buffer.from("two\n"));
    await until("the next line", async () => textOf(back) !== "");
    expect(textOf(back)).toBe("two\n");
    await logs.complete(key, { begun: 7, size: 8, failed: null });
    expect(await endOf(early)).toEqual({ size: 8, cut: null, complete: true, reason: null });
    expect(textOf(early)).toBe("one\ntwo\n");
    // Of another log that has taken its place all is told.
    const { cpv } = key;
    await logs.append({ ...key, attempt: 2 }, { begun: 9, offset: 0 }, Buffer.from("anew\n"));
    using other = await follow(cpv, 2, back.lastId);
    await until("it is told", async () => textOf(other) === "anew\n");
    expect(other.text).toContain("event: restart");
  });

  test("ends with the reason as soon as its attempt cannot come any more", async () => {
    using second = await follow("chain/link0-1", 2);
    using other = await follow("chain/link1-1", 5);
    release();
    expect(await endOf(second)).toEqual({
      ...{ size: 0, cut: null, complete: false },
      reason: "chain/link0-1 is received, after 1 of its attempts: there is no attempt 2",
    });
    await endOf(other);
    const late = await gateway.ask(pathOf("chain/link0-1", 2));
    expect(late).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining("none will come: chain/link0-1 is received") },
    });
  });

  test("is refused where there never can be one", async () => {
    for (const [path, words] of [
      [pathOf("chain/link0-1", 1, "desktop-20200101-0000"), "desktop-20200101-0000 is not in progress"],
      [pathOf("no-such/package-1", 1), `${RUN} does not build no-such/package-1`],
    ] as const) {
      const { status, body } = await gateway.ask(path);
      expect([status, body.error]).toEqual([404, `there is no such log, and none will come: ${words}`]);
      expect(body.hint).toContain("lists");
    }
  });

  test("ends with its run", async () => {
    await until("the run is at the gate", async () => (await swarm.view()).step === "gate");
    const key = { run: RUN, cpv: "chain/link1-1", attempt: 1 };
    // Its drone was lost with the rest of it.
    await gateway.access.store.logs.append(key, { begun: 7, offset: 0 }, Buffer.from("half\n"));
    using half = await follow(key.cpv, 1);
    await swarm.current().executeUpdate(cancelUpdate, { args: [{ by: "ann" }] });
    const { complete, reason } = await until("it ends", async () => half.isOver && half.events<End>("end")[0], {
      ms: 50_000,
    });
    expect([complete, reason]).toEqual([
      false,
      "attempt 1 of chain/link1-1 is over, and the end of its log has not come from izar",
    ]);
  }, 70_000);
});
