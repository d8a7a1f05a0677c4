import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { startGateway } from "../../gateway/role.ts";
import { GatewayRequests } from "../../monitor/gatewayRequests.ts";
import { GatewaySource } from "../../monitor/gatewaySource.ts";
import { serverSentEvents } from "../../monitor/serverSentEvents.ts";
import { gatewayOf, putTarget, type TestGateway } from "../gateway/support.ts";
import { stagePackage } from "../store/support.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

/** Looks through a gateway until the test ends. */
function look({ url }: Pick<TestGateway, "url">, token: string | null): GatewaySource {
  const source = new GatewaySource({ url, token, target: undefined });
  source.start();
  onTestFinished(() => source.stop());
  return source;
}

const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    (answer) => `not refused: ${answer}`,
    (error: unknown) => String(error),
  );

test("a run is seen and stepped into through a gateway; what the role may not do is refused in plain words", async () => {
  const { build, release } = held(async (order) => {
    if (order.cpv === "a/broken-1") throw failed("package", "compile phase: no");
  });
  await using swarm = await noopSwarm({
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0]), pkg("a/broken-1")] },
    drones: [
      { name: "izar", build },
      { name: "tarn", build },
    ],
  });
  await using gateway = await gatewayOf(swarm);
  const source = look(gateway, gateway.tokens.operator);
  const viewer = look(gateway, gateway.tokens.viewer);
  await until("the first state", async () => source.current());
  const run = "seen-1";
  expect(await refusal(source.operate({ kind: "balance", run }))).toContain(
    "There is no run. Start one: swarm run-update",
  );

  let told = 0;
  source.subscribe(() => void told++);
  await swarm.run({ run, startedBy: "bert" });
  const building = () => source.current()?.reading.run?.drones.flatMap((drone) => drone.building) ?? [];
  await until("builds with their estimates", async () => building().length === 2);
  expect(building().every(({ estimateSeconds }) => (estimateSeconds ?? 0) > 0)).toBe(true);
  await until("the packages", async () => source.current()?.packages.length === 3);
  await until("the first event, which is asked for by itself", async () => {
    return source.current()?.events[0]?.text.includes("seen-1 of desktop was started by bert");
  });
  expect(told).toBeGreaterThan(0);

  await until("the viewer sees it, too", async () => viewer.current()?.reading.run?.run === "seen-1");
  expect(await refusal(viewer.operate({ kind: "pause", run }))).toMatch(/viewer|operator|role/);
  expect(await refusal(source.operate({ kind: "pause", run: "seen-0" }))).toContain(
    "seen-0 is not the run of desktop any more",
  );
  expect((await source.operate({ kind: "pause", run }))[0]).toMatch(/^✓ /);
  await until("the pause", async () => viewer.current()?.reading.run?.paused);
  expect((await source.operate({ kind: "resume", run }))[0]).toMatch(/^✓ /);
  expect(await source.operate({ kind: "unblock", run })).toEqual(["Nothing was blocked."]);
  expect((await source.operate({ kind: "balance", run })).length).toBeGreaterThan(0);
  expect(await refusal(source.operate({ kind: "finalize", run, acceptFailed: false }))).toMatch(
    /too early: \d packages? left/,
  );

  release();
  await until("the gate", async () => source.current()?.reading.run?.step === "gate");
  await putTarget(gateway.access);
  for (const cpv of ["a/lib-1", "a/app-1"]) await stagePackage(gateway.access.store, run, { cpv });
  const preview = await viewer.preview();
  expect(preview).toMatchObject({ run, added: ["a/app-1", "a/lib-1"], changed: [], risk: "some" });
  expect(preview.failed[0]).toMatch(/^a\/broken-1: /);
  expect(await source.operate({ kind: "finalize", run, acceptFailed: true })).toEqual([
    expect.stringMatching(/^✓ Published as \S+: \d+ packages? added/),
  ]);
  await until("the end", async () => source.current()?.reading.run?.step === "done");
  await until("all events", async () => source.current()?.events.at(-1)?.kind === "run");
  const ids = source.current()?.events.map(({ id }) => id) ?? [];
  expect(ids).toEqual([...new Set(ids)].sort());
});

test("what is done may take longer than an answer about how things are", async () => {
  await using swarm = await noopSwarm({ plan: { packages: [pkg("a/lib-1")] }, drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  swarm.binhost.onPublish = () => sleep(3_000);
  const run = "slow-1";
  await swarm.run({ run });
  await reaches(swarm, "gate");
  await putTarget(gateway.access);
  await stagePackage(gateway.access.store, run, { cpv: "a/lib-1" });
  const requests = new GatewayRequests(gateway.url, gateway.tokens.operator, { answer: 1_000, act: 60_000 });
  const published = await requests.operate("desktop", { kind: "finalize", run, acceptFailed: false });
  expect(published).toEqual([expect.stringMatching(/^✓ Published as /)]);
});

test("R through a gateway resets: the run ends, and what it has staged is thrown away", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0])] },
    drones: [{ name: "izar", build }],
  });
  await using gateway = await gatewayOf(swarm);
  const source = look(gateway, gateway.tokens.operator);
  const run = "desktop-20261121-0101";
  await swarm.run({ run });
  await putTarget(gateway.access);
  await stagePackage(gateway.access.store, run, { cpv: "a/other-1" });
  await until("the run", async () => source.current()?.reading.run?.run === run);
  expect(await refusal(source.operate({ kind: "reset", run: "desktop-20261120-0101" }))).toContain("not the run");
  expect((await source.operate({ kind: "reset", run })).join("\n")).toMatch(/cancelled[\s\S]*→ Run: swarm run-update/);
  expect((await swarm.view()).step).toBe("cancelled");
  expect(await gateway.access.store.stagingRuns()).toEqual([]);
});

test("a log is read from the binhost through the gateway, from its end on where it is long", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  const source = look(gateway, gateway.tokens.viewer);
  await until("the first state", async () => source.current());
  const place = { run: "seen-1", cpv: "a/lib-1", attempt: 1 };
  expect(await source.readLog(place, null)).toBeNull();
  const { logs } = await gateway.access.binhost();
  const lines = Buffer.from("a line of a log that is long\n".repeat(25_000));
  await logs.append(place, { begun: 7, offset: 0, bytes: lines });
  // Those who ask again at once are told the same.
  const part = await until("the log", () => source.readLog(place, null));
  expect(part).toMatchObject({ size: lines.length, complete: false, begun: 7, offset: lines.length - 512 * 1024 });
  await logs.complete(place, { begun: 7, size: lines.length, failed: null });
  await until("its end", async () => (await source.readLog(place, lines.length))?.complete);
});

test("a gateway that goes away is said, with what was known; its return is noticed", async () => {
  await using swarm = await noopSwarm({ drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  const source = look(gateway, gateway.tokens.viewer);
  await until("the drone", async () => source.current()?.reading.fleet?.drones.length === 1);
  expect(source.current()?.stale).toBeNull();
  const port = Number(new URL(gateway.url).port);
  await gateway.gateway.close();
  await until("the outage", async () => source.current()?.stale?.startsWith("the gateway does not answer"));
  // What to do where it does not come back there.
  expect(source.current()?.stale).toMatch(/\n.*swarm monitor --gateway URL/);
  expect(source.current()?.reading.fleet?.drones).toHaveLength(1);
  expect(Date.now() - (source.current()?.at ?? 0)).toBeLessThan(60_000);
  const loaded = await gateway.access.loadedConfig();
  const config = { ...loaded.config, gateway: { ...loaded.config.gateway, port } };
  gateway.gateway = await startGateway({ ...loaded, config }, () => {});
  await until("it answers again", async () => source.current()?.stale === null);
});

test("a wrong token, and what is no gateway, are said before anything is known", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  const wrong = look(gateway, "not-a-token");
  await until("the refusal", async () => wrong.problem());
  expect(wrong.problem()).toMatch(/^the gateway refuses: .*token/);
  expect(wrong.current()).toBeNull();
  const binhost = look({ url: (await gateway.access.config()).binhost.url }, null);
  await until("the strange answer", async () => binhost.problem());
  expect(binhost.problem()).toMatch(/^the gateway (refuses|does not answer|ended|'s answer)/);
  const nobody = look({ url: "http://127.0.0.1:1" }, null);
  await until("no answer", async () => nobody.problem());
  expect(nobody.problem()).toMatch(/^the gateway does not answer: .+/);
});

test("server-sent events are read however they are cut into pieces", async () => {
  const text =
    ': a remark\nid: 1\nevent: state\ndata: {"a":\r\ndata: 1}\n\ndata:ü\n\nevent: nothing\n\nid: 2\ndata\n\ndata: cut off';
  for (const size of [1, 2, 7, 1000]) {
    const bytes = Buffer.from(text);
    const pieces = (async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    const read = [];
    for await (const each of serverSentEvents(pieces)) read.push(each);
    expect(read).toEqual([
      { id: "1", event: "state", data: '{"a":\n1}' },
      { id: "1", event: "message", data: "ü" },
      { id: "2", event: "message", data: "" },
    ]);
  }
});
