import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { State } from "../../gateway/schemas/state.ts";
import { removeToken } from "../../gateway/tokens.ts";
import type { RunEvent } from "../../model/events.ts";
import type { PackageView } from "../../model/run.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { stageAll } from "../web/support.ts";
import { CountingProxy } from "./countingProxy.ts";
import { EventStream } from "./eventReader.ts";
import { gatewayAt, gatewayOf, putTarget } from "./support.ts";

type Packages = { full: boolean; packages: PackageView[] };

/** What a stream knows of the packages by now. */
function packagesOf(stream: EventStream): PackageView[] {
  const known = new Map<string, PackageView>();
  for (const { full, packages } of stream.events<Packages>("packages")) {
    if (full) known.clear();
    for (const each of packages) known.set(each.cpv, each);
  }
  return [...known.values()];
}

test("a run is followed live to its end: state, packages and events", async () => {
  await using swarm = await noopSwarm({ plan: chain(3), drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  using stream = await EventStream.open(`${gateway.url}/api/v1/live`, gateway.tokens.viewer);
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  await until("the first state", async () => stream.events("state").length > 0);
  const { run } = (await gateway.ask<{ run: string }>("/api/v1/runs", { body: { target: "desktop" } })).body;
  await until("it is seen at the gate", async () =>
    stream.events<State>("state").some(({ reading }) => reading.run?.run === run && reading.run.step === "gate"),
  );
  const last = State.parse(stream.events("state").at(-1));
  expect([last.role, last.stale, last.nextAction.command]).toEqual(["viewer", null, "swarm finalize"]);
  await until(
    "every package is received",
    async () => packagesOf(stream).filter((p) => p.state === "received").length === 3,
  );
  await until(
    "the events tell it",
    async () => stream.events<RunEvent>("run-event").filter((e) => e.kind === "received").length === 3,
  );
  const ids = stream.events<RunEvent>("run-event").map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());

  using again = await EventStream.open(`${gateway.url}/api/v1/live`, gateway.tokens.operator, stream.lastId);
  await stageAll(gateway.access, run, chain(3));
  await gateway.ask("/api/v1/runs/desktop/finalize", { body: {} });
  await until("the end is told", async () =>
    again.events<State>("state").some(({ reading }) => reading.run?.step === "done"),
  );
  expect(again.events<Packages>("packages").some(({ full }) => full)).toBe(false);
  expect(again.events<RunEvent>("run-event").some(({ by }) => by === "a-operator")).toBe(true);
});

test("the engine sees one poll, whatever the number of watchers", async () => {
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar" }] });
  await using proxy = await CountingProxy.to(inject("temporalAddress"));
  await using gateway = await gatewayAt(
    { address: proxy.address, namespace: swarm.namespace },
    swarm,
    "check_interval = 3600\n",
  );
  const run = await swarm.run();
  await until("it is at the gate", async () => (await swarm.view()).step === "gate");
  const live = `${gateway.url}/api/v1/live`;
  /** Calls in some seconds in which nothing happens in the run. */
  const callsIn = async (ms: number): Promise<number> => {
    const before = proxy.total;
    await sleep(ms);
    return proxy.total - before;
  };
  const open = async (): Promise<EventStream> => await EventStream.open(live, gateway.tokens.viewer);
  const streams = [await open()];
  await until("it hears of the run", async () => streams[0]?.text.includes('"step":"gate"') === true);
  await callsIn(2_000);
  // So many looks that one more or less is within the bound.
  const withOne = await callsIn(15_000);
  while (streams.length < 50) streams.push(await open());
  const asking = setInterval(() => void gateway.ask("/status").catch(() => {}), 20);
  await callsIn(1_000);
  const withFifty = await callsIn(15_000);
  clearInterval(asking);
  expect(withOne).toBeGreaterThan(5);
  expect(withFifty).toBeLessThanOrEqual(withOne * 1.25 + 3);
  expect(streams.every((stream) => stream.text.includes('"step":"gate"'))).toBe(true);
  for (const stream of streams) stream[Symbol.dispose]();
  await run.executeUpdate("cancel", { args: [{ by: "a test" }] });
});

test("what is known of a run that was looked at once is no older than two seconds", async () => {
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  expect((await gateway.ask("/status")).body).toMatchObject({ status: "idle", run: null });
  const run = await swarm.run();
  await until("it is at the gate", async () => (await swarm.view()).step === "gate");
  const begun = Date.now();
  await until("it is told", async () => (await gateway.ask<{ status: string }>("/status")).body.status === "gate");
  expect(Date.now() - begun).toBeLessThan(4_000);
  await run.executeUpdate("cancel", { args: [{ by: "a test" }] });
});

test("what a token has opened ends with it; a target that nobody has is told so", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  using stream = await EventStream.open(`${gateway.url}/api/v1/live`, gateway.tokens.viewer);
  using other = await EventStream.open(`${gateway.url}/api/v1/live`, gateway.tokens.operator);
  await until("the first state", async () => stream.events("state").length > 0);
  expect((await gateway.ask("/api/v1/state?target=nobodys")).status).toBe(404);
  const { config } = await gateway.access.loadedConfig();
  await removeToken(config.gateway.tokens, "a-viewer");
  await until("its stream has ended", async () => stream.isOver);
  expect(other.isOver).toBe(false);
});
