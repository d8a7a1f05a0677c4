import { describe, expect, test } from "vitest";
import { failed, type NoopBuild } from "../../bench/noop/drone.ts";
import { pkg, wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { balanceUpdate, finalizeUpdate, resumeUpdate, unblockUpdate, whyQuery } from "../../workflows/messages.ts";
import { Builds, packages, reaches, refusalOf } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const ann = { by: "ann" };
const plan = { packages: [{ ...pkg("a/lib-1"), width: 8 }, pkg("a/app-1", [0]), pkg("a/other-1")] };
const two = (builds: Builds) => ["izar", "tarn"].map((name) => ({ name, build: builds.build }));
/** That package fails so, everything else is built. */
const breaking =
  (cpv: string, ...failure: Parameters<typeof failed>): NoopBuild =>
  async (order) => {
    if (order.cpv === cpv) throw failed(...failure);
  };
/** Fails the first attempt. */
const failingOnce =
  (cpv: string, ...failure: Parameters<typeof failed>): NoopBuild =>
  async (order) => {
    if (order.cpv === cpv && order.attempt === 1) throw failed(...failure);
  };

describe("a broken package", () => {
  test("is tried on two drones, then failed; what needs it is skipped; finalize must be told to accept it", async () => {
    const builds = new Builds(breaking("a/lib-1", "package", "compile phase: thing undeclared"));
    await using swarm = await noopSwarm({ plan, drones: two(builds) });
    const run = await swarm.run();
    const view = await reaches(swarm, "gate");
    expect(view.counts).toEqual({ needed: 0, delegated: 0, received: 1, failed: 1, skipped: 1 });
    expect(builds.dronesOf("a/lib-1").toSorted()).toEqual(["izar", "tarn"]);
    expect(builds.dronesOf("a/app-1")).toEqual([]);
    expect(view.failed).toMatchObject([{ cpv: "a/lib-1", message: "compile phase: thing undeclared" }]);
    expect((await packages(swarm))[1]).toMatchObject({ state: "skipped", cause: "a/lib-1" });
    const [why] = await run.query(whyQuery, ["a/app-1"]);
    expect(why?.why).toBe("blocked by a/lib-1, which failed");

    expect(await refusalOf(run.executeUpdate(finalizeUpdate, { args: [ann] }))).toContain("1 failed and 1 skipped");
    const answer = await run.executeUpdate(finalizeUpdate, { args: [{ ...ann, acceptFailed: true }] });
    expect(answer.packages).toBe(1);
    expect((await swarm.fleet()).drones.map((d) => d.strikes)).toEqual([0, 0]);
  });

  test("is built after all when it was mended and unblocked, and then what was skipped", async () => {
    const builds = new Builds(breaking("a/lib-1", "package"));
    await using swarm = await noopSwarm({ plan, drones: two(builds) });
    const run = await swarm.run();
    await reaches(swarm, "gate");
    builds.become(async () => {});
    expect(await run.executeUpdate(unblockUpdate, { args: [{ ...ann, packages: ["a/lib-1"] }] })).toEqual(["a/lib-1"]);
    await until("all received", async () => (await swarm.view()).counts.received === 3);
    await reaches(swarm, "gate");
    await run.executeUpdate(finalizeUpdate, { args: [ann] });
  });
});

describe("a failure of the infrastructure", () => {
  test("is retried after a while by itself, and nobody is blamed", async () => {
    const builds = new Builds(failingOnce("a/lib-1", "infrastructure", "disk full"));
    await using swarm = await noopSwarm({ plan, drones: two(builds) });
    const run = await swarm.run();
    await until("the failure", async () => (await packages(swarm))[0]?.attempts[0]?.failure);
    const [why] = await run.query(whyQuery, ["a/lib-1"]);
    expect(why?.why).toMatch(/^waits \d+ s more after a failure of the infrastructure$/);
    await reaches(swarm, "gate");
    expect(builds.dronesOf("a/lib-1")).toHaveLength(2);
    expect((await swarm.fleet()).drones.map((d) => d.strikes)).toEqual([0, 0]);
  });

  test("is retried at once when an operator asks for it", async () => {
    const builds = new Builds(failingOnce("a/lib-1", "infrastructure"));
    await using swarm = await noopSwarm({ plan, drones: two(builds) });
    const run = await swarm.run();
    await until("the failure", async () => (await packages(swarm))[0]?.attempts[0]?.failure);
    expect(await run.executeUpdate(balanceUpdate, { args: [ann] })).toMatchObject({ freed: ["a/lib-1"] });
    await reaches(swarm, "gate", 10_000);
  });
});

test("a sick drone gets a strike, and its package is built elsewhere", async () => {
  const builds = new Builds(failingOnce("a/lib-1", "drone", "cannot fork"));
  await using swarm = await noopSwarm({ plan, drones: two(builds) });
  await swarm.run();
  await reaches(swarm, "gate");
  const [first, second] = builds.dronesOf("a/lib-1");
  expect(second).not.toBe(first);
  const { drones } = await swarm.fleet();
  expect(drones.find((d) => d.facts.name === first)?.strikes).toBe(1);
  expect(drones.find((d) => d.facts.name === second)?.strikes).toBe(0);
});

test("incident 25: an artifact that validation rejects is not received; another drone builds it", async () => {
  const builds = new Builds();
  await using swarm = await noopSwarm({ plan, drones: two(builds) });
  swarm.binhost.reject = ({ cpv, attempt }) => (cpv === "a/lib-1" && attempt === 1 ? "the file is empty" : null);
  await swarm.run();
  await reaches(swarm, "gate");
  const [first, second] = builds.dronesOf("a/lib-1");
  expect(second).not.toBe(first);
  expect((await packages(swarm))[0]?.attempts[0]?.failure).toMatchObject({ message: "the file is empty" });
});

test("out of memory: again with half the jobs", async () => {
  const builds = new Builds(failingOnce("a/lib-1", "memory"));
  await using swarm = await noopSwarm({ plan, drones: two(builds) });
  await swarm.run();
  await reaches(swarm, "gate");
  const [first, second] = builds.started.filter((b) => b.cpv === "a/lib-1");
  expect(second?.jobs).toBe(Math.floor((first?.jobs ?? 0) / 2));
});

test("a drone that finds another tree than the plan's syncs again and then builds", async () => {
  const builds = new Builds(failingOnce("a/lib-1", "stale", "tree git:x instead of git:y"));
  await using swarm = await noopSwarm({ plan, drones: [{ name: "izar", build: builds.build }] });
  await swarm.run();
  await reaches(swarm, "gate", 15_000);
  expect(builds.dronesOf("a/lib-1")).toEqual(["izar", "izar"]);
});

test("incident 4: everything fails everywhere: the run pauses with a diagnosis, no drone is grounded, resume goes on", async () => {
  const builds = new Builds(async () => {
    throw failed("drone", "No such file or directory");
  });
  const drones = ["izar", "tarn", "unra"].map((name) => ({ name, build: builds.build }));
  await using swarm = await noopSwarm({ plan: wide(6), drones });
  const run = await swarm.run();
  const view = await until("the pause", async () => {
    const now = await swarm.view();
    return now.paused !== null && now.counts.delegated === 0 && now;
  });
  expect(view.paused).toMatchObject({ by: "the swarm" });
  expect(view.paused?.reason).toContain("something that the drones share is broken");
  expect(view.counts.failed).toBe(0);
  await until("strikes forgiven", async () => (await swarm.fleet()).drones.every((d) => d.strikes === 0));
  builds.become(async () => {});
  await run.executeUpdate(resumeUpdate, { args: [ann] });
  const end = await reaches(swarm, "gate");
  expect(end.counts.received).toBe(6);
});
