import { describe, expect, test } from "vitest";
import { NoopDrone } from "../../bench/noop/drone.ts";
import { chain, wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { FLEET_ID, pauseDroneUpdate, resumeDroneUpdate, whyQuery } from "../../workflows/messages.ts";
import { Builds, held, reaches, refusalOf } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const HOUR = 3_600_000;

describe("enrolment", () => {
  test("incident 16: an unknown credential is refused, and the refusal is shown", async () => {
    await using swarm = await noopSwarm({ drones: [{ name: "izar" }] });
    const stranger = new NoopDrone({ ...swarm.context, token: "another swarm's token" }, { name: "stranger" });
    expect(await stranger.enrol()).toMatchObject({ accepted: false });
    const { drones, refused } = await swarm.fleet();
    expect(drones.map((d) => d.facts.name)).toEqual(["izar"]);
    expect(refused).toMatchObject([{ name: "stranger", reason: expect.stringContaining("token is not this swarm's") }]);
  });

  test("a second drone with the name of one that is alive is refused; the first works on", async () => {
    await using swarm = await noopSwarm({ plan: wide(2), drones: [{ name: "izar" }] });
    const second = new NoopDrone(swarm.context, { name: "izar", id: "another-machine" });
    const answer = await second.enrol();
    expect(answer.accepted).toBe(false);
    expect(answer.reason).toContain("a drone named izar is alive already");
    await swarm.run();
    await reaches(swarm, "gate");
  });

  test("the same drone may enrol again, and another machine may take the name of one that left", async () => {
    await using swarm = await noopSwarm({ plan: wide(2) });
    const first = await swarm.addDrone({ name: "izar" });
    expect(await first.enrol()).toEqual({ accepted: true, reason: null });
    await first.stop();
    await until("offline", async () => (await swarm.fleet()).drones[0]?.state === "offline");
    await swarm.addDrone({ name: "izar", id: "another-machine" });
    await swarm.run();
    await reaches(swarm, "gate");
    expect((await swarm.fleet()).drones).toMatchObject([{ state: "online", facts: { id: "another-machine" } }]);
  });

  test("a clock that is an hour off grounds the drone, with the reason; the others build", async () => {
    const builds = new Builds();
    await using swarm = await noopSwarm({
      plan: wide(3),
      drones: [
        { name: "izar", skew: HOUR, build: builds.build },
        { name: "tarn", build: builds.build },
      ],
    });
    await swarm.run();
    const view = await reaches(swarm, "gate");
    expect(view.drones[0]).toMatchObject({
      name: "izar",
      reason: expect.stringContaining("its clock is 60 min ahead"),
    });
    expect(new Set(builds.started.map((b) => b.drone))).toEqual(new Set(["tarn"]));
  });
});

describe("sync and verify", () => {
  test("incident 6: a drone with another tree is synced once more, then left out as STALE", async () => {
    const builds = new Builds();
    let syncs = 0;
    const other = () => {
      syncs++;
      return "git:ffffffffffffffffffffffffffffffffffffffff";
    };
    await using swarm = await noopSwarm({
      plan: wide(6),
      drones: [
        { name: "ceti", build: builds.build, tree: other },
        { name: "izar", build: builds.build },
        { name: "tarn", build: builds.build },
      ],
    });
    await swarm.run();
    const view = await reaches(swarm, "gate");
    expect(view.drones[0]).toMatchObject({
      name: "ceti",
      state: "stale",
      reason: expect.stringMatching(/^tree git:f+ instead of git:/),
    });
    expect(syncs).toBe(2);
    expect(builds.started.some((b) => b.drone === "ceti")).toBe(false);
    expect(builds.started).toHaveLength(6);
  });

  test("no drone that can be verified: the run ends with what each one said", async () => {
    const tree = () => {
      throw new Error("the tree cannot be read: permission denied");
    };
    await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", tree }] });
    const refusal = await refusalOf((await swarm.run()).result());
    expect(refusal).toContain("no drone could be verified. izar: the tree cannot be read: permission denied");
    expect((await swarm.view()).step).toBe("failed");
  });

  test("a drone that joins late is verified with the run's tree and gets work", async () => {
    const builds = new Builds();
    const { build, release } = held();
    await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "tarn", cores: 4, build }] });
    await swarm.run();
    await reaches(swarm, "build");
    const pins: (string | null)[] = [];
    const tree = (pin: string | null) => {
      pins.push(pin);
      return pin ?? "git:newer";
    };
    await swarm.addDrone({ name: "izar", cores: 64, build: builds.build, tree });
    await until(
      "izar verified",
      async () => (await swarm.view()).drones.find((d) => d.name === "izar")?.state === "verified",
    );
    expect(pins).toEqual([(await swarm.view()).tree]);
    release();
    await reaches(swarm, "gate");
    expect(builds.started).toMatchObject([{ cpv: "chain/link1-1", drone: "izar" }]);
  });

  test("a drone that joins late with another tree stays out as STALE", async () => {
    const { build, release } = held();
    await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "tarn", build }] });
    await swarm.run();
    await reaches(swarm, "build");
    await swarm.addDrone({ name: "izar", tree: () => "git:newer" });
    await until(
      "izar stale",
      async () => (await swarm.view()).drones.find((d) => d.name === "izar")?.state === "stale",
    );
    release();
    await reaches(swarm, "gate");
  });
});

test("a paused drone gets nothing new, and the run says why it waits; resumed it builds", async () => {
  const builds = new Builds();
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build: builds.build }] });
  const fleet = swarm.client.workflow.getHandle(FLEET_ID);
  await fleet.executeUpdate(pauseDroneUpdate, { args: [{ by: "ann", drone: "izar" }] });
  const run = await swarm.run();
  await reaches(swarm, "build");
  const [why] = await run.query(whyQuery, []);
  expect(why?.why).toBe("ready, but no drone can build it now: izar is paused");
  expect(builds.started).toEqual([]);
  await fleet.executeUpdate(resumeDroneUpdate, { args: [{ by: "ann", drone: "izar" }] });
  await reaches(swarm, "gate");
  expect(await refusalOf(fleet.executeUpdate(pauseDroneUpdate, { args: [{ by: "ann", drone: "isar" }] }))).toContain(
    "no drone isar; known: izar",
  );
});

test("what is no request of a drone is refused before anything is tried", async () => {
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar" }] });
  const fleet = swarm.client.workflow.getHandle(FLEET_ID);
  for (const bad of [
    null,
    {},
    { facts: { name: "../x", id: "1" }, nonce: "n", proof: "p" },
    { facts: { name: "x" } },
  ]) {
    await refusalOf(fleet.executeUpdate("enrol", { args: [bad] }));
  }
  expect(await swarm.fleet()).toMatchObject({ drones: [{ facts: { name: "izar" }, state: "online" }], refused: [] });
});

test("a fleet that is cancelled ends", async () => {
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar" }, { name: "tarn" }] });
  const fleet = swarm.client.workflow.getHandle(FLEET_ID);
  await until("attended", async () => (await swarm.fleet()).drones.length === 2);
  await fleet.cancel();
  await until("ended", async () => (await fleet.describe()).status.name === "CANCELLED");
});
