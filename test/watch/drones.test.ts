import { expect, inject, test } from "vitest";
import { pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { RunEvent } from "../../model/events.ts";
import { nextAction } from "../../operations/nextAction.ts";
import { droneEvents } from "../../watch/droneEvents.ts";
import { readEvents } from "../../watch/eventLog.ts";
import { FLEET_ID, worldUpdateId } from "../../workflows/messages.ts";
import { swarm as command } from "../cli/command.ts";
import { droneView, NOW, reading, runDrone, runView } from "../cli/views.ts";
import { gatewayOf } from "../gateway/support.ts";
import { accessTo } from "../support/access.ts";
import { held, refusalOf } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

test("who paused, resumed and forgot a drone, and why: in its lists, in what helps now, and in the events of the run", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({
    plan: { packages: [pkg("a/lib-1"), pkg("a/app-1", [0])] },
    drones: [{ name: "izar", build }],
  });
  const tarn = await swarm.addDrone({ name: "tarn", build });
  await using access = await accessTo(swarm);
  const env = {
    ...{ TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace },
    SWARM_CONFIG: access.configFile,
  };
  const events = (): Promise<RunEvent[]> => readEvents(swarm.client, worldUpdateId("desktop"), null);
  const said = async (kind: string): Promise<string[]> =>
    (await events()).filter((event) => event.kind === kind).map(({ text }) => text);

  await swarm.run();
  await until("a build", async () => (await swarm.view()).counts.delegated === 1);
  expect((await command(["drone", "pause", "izar", "--reason", "new disk"], env)).stdout).toContain("izar is paused:");
  expect((await command(["drone", "pause", "izar"], { ...env, USER: "bert" })).stdout).toContain(
    "izar is paused already, by ann",
  );
  expect((await swarm.fleet()).drones[0]?.pause).toMatchObject({ by: "ann", reason: "new disk" });
  expect((await command(["drones"], env)).stdout).toMatch(/izar .*‖ paused.*paused by ann for \d+s: new disk/);
  expect((await command(["status"], env)).stdout).toMatch(/izar .*paused by ann for \d+s: new disk/);

  // As somebody may send it by hand.
  const fleet = swarm.client.workflow.getHandle(FLEET_ID);
  await fleet.executeUpdate<unknown, [unknown]>("pauseDrone", { args: [{ drone: "tarn", by: 5, reason: {} }] });
  expect((await command(["status"], env)).stdout).toMatch(/tarn .* paused by an operator for \d+s\n/);
  expect((await command(["drone", "resume", "izar"], { ...env, USER: "bert" })).stdout).toContain("takes work again");
  expect(await refusalOf(fleet.executeUpdate("forgetDrone", { args: [{ by: "ann", drone: "tarn" }] }))).toContain(
    "is online",
  );
  await tarn.stop();
  await until("tarn is gone", async () => (await swarm.fleet()).drones[1]?.state === "offline");
  expect((await command(["drone", "forget", "tarn"], env)).stdout).toContain("is forgotten");
  release();
  await until("the last word", async () => (await said("operator")).length === 4);
  expect(await said("operator")).toEqual([
    "ann paused izar: new disk",
    "an operator paused tarn",
    "bert resumed izar",
    "ann had the fleet forget tarn",
  ]);
  expect((await events()).filter(({ kind }) => kind === "operator").map(({ by, drone }) => `${by} ${drone}`)).toEqual([
    "ann izar",
    "an operator tarn",
    "bert izar",
    "ann tarn",
  ]);
  // What follows from that alone is not told once more.
  expect(await said("drone")).toEqual(["izar is online", "tarn is online", "tarn is offline"]);
});

test("over HTTP a drone is paused by the token's name, with the reason that is given", async () => {
  await using swarm = await noopSwarm({ drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  const pause = (body: object) => gateway.ask("/api/v1/drones/izar/pause", { body });
  expect((await pause({ reason: 5 })).status).toBe(400);
  expect((await pause({ by: "somebody else" })).status).toBe(400);
  expect((await pause({ reason: "new disk" })).status).toBe(200);
  const [drone] = (await swarm.fleet()).drones;
  expect(drone?.pause).toMatchObject({ by: expect.stringMatching(/\S/), reason: "new disk" });
  await until("the nodes say so", async () =>
    /paused by \S+ for \d+s: new disk/.test(JSON.stringify((await gateway.ask("/swarm")).body)),
  );
});

test("where no drone takes work, what helps now says who has paused each", () => {
  const pause = { by: "ann", reason: "new disk", since: NOW - 60_000 };
  const now = reading({
    fleet: { drones: [droneView("izar", 8, { paused: true, pause })], refused: [] },
    run: runView({ drones: [runDrone("izar", 8, { paused: true }), runDrone("tarn", 8, { paused: true })] }),
  });
  expect(nextAction(now)).toMatchObject({
    situation: ["No drone takes work:", "izar: paused by ann for 1m 00s: new disk", "tarn: paused"],
    command: "swarm drone resume izar",
  });
});

test("a drone that was paused before the run began is told with by whom; one that is lost meanwhile as lost", () => {
  const known = new Map<string, string>();
  const pause = { by: "ann", reason: "new disk", since: 5 };
  const view = { facts: { name: "izar" }, state: "online", paused: true, grounded: null, pause };
  const textsOf = (views: unknown, actions?: unknown) => droneEvents(known, views, actions).map(({ text }) => text);
  expect(textsOf([view])).toEqual(["izar is paused by ann: new disk"]);
  expect(textsOf([view])).toEqual([]);
  expect(textsOf([{ ...view, state: "lost" }])).toEqual(["izar is lost"]);
  // From a fleet of an earlier version.
  const { pause: _, ...before } = view;
  expect(textsOf([before])).toEqual(["izar is paused"]);
  expect(textsOf("nonsense", [{ drone: 1 }])).toEqual([]);
  const resume = { drone: "izar", action: "resume", by: "bert", reason: null };
  expect(textsOf([{ ...before, paused: false, grounded: "low disk" }], [resume])).toEqual([
    "bert resumed izar",
    "izar is grounded: low disk",
  ]);
});
