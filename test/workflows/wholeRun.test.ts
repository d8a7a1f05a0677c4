import { expect, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { chain, pkg, resolved, wide } from "../../bench/noop/plan.ts";
import { finalizeSignal, finalizeUpdate } from "../../workflows/messages.ts";
import { Builds, held, packages, reaches, refusalOf } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const ann = { by: "ann" };

test("a run goes to the gate, waits, and publishes on finalize", async () => {
  await using swarm = await noopSwarm({ plan: chain(4), drones: [{ name: "izar" }, { name: "tarn" }] });
  const run = await swarm.run();
  await reaches(swarm, "gate");
  expect(swarm.binhost.published).toEqual([]);
  const answer = await run.executeUpdate(finalizeUpdate, { args: [ann] });
  expect(answer).toMatchObject({ packages: 4, added: 4 });
  const result = await run.result();
  expect(result).toMatchObject({ outcome: "published", snapshot: answer.snapshot });
  expect(swarm.binhost.accepted).toEqual(["chain/link0-1", "chain/link1-1", "chain/link2-1", "chain/link3-1"]);
  expect(swarm.binhost.published).toEqual([result.run]);
});

test("each package is built exactly once, after what it is built with", async () => {
  const diamond = [
    pkg("d/top-1"),
    pkg("d/left-1", [0]),
    pkg("d/right-1", [0]),
    pkg("d/bottom-1", [1, 2]),
    pkg("d/meta-1", [], [3]),
  ];
  const builds = new Builds();
  await using swarm = await noopSwarm({
    plan: { packages: diamond },
    drones: ["izar", "tarn", "unra"].map((name) => ({ name, build: builds.build })),
  });
  await swarm.run();
  await reaches(swarm, "gate");
  const order = builds.started.map((b) => b.cpv);
  expect(order.toSorted()).toEqual(diamond.map((p) => p.cpv).toSorted());
  expect(order.indexOf("d/bottom-1")).toBeGreaterThan(order.indexOf("d/left-1"));
  expect(order.indexOf("d/bottom-1")).toBeGreaterThan(order.indexOf("d/right-1"));
  expect(order.indexOf("d/left-1")).toBeGreaterThan(order.indexOf("d/top-1"));
});

test("finalize too early is refused with what is left, and the run goes on", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar", build }] });
  const run = await swarm.run();
  await reaches(swarm, "build");
  const refusal = await refusalOf(run.executeUpdate(finalizeUpdate, { args: [ann] }));
  expect(refusal).toMatch(/too early: \d packages? left, \d of them building/);
  release();
  await reaches(swarm, "gate");
  await run.executeUpdate(finalizeUpdate, { args: [ann] });
  expect(swarm.binhost.published).toHaveLength(1);
});

test("finalize twice at once: one publishes, the other is told", async () => {
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar" }] });
  const publishing = Promise.withResolvers<void>();
  swarm.binhost.onPublish = () => publishing.promise;
  const run = await swarm.run();
  await reaches(swarm, "gate");
  const both = Promise.allSettled(["ann", "bob"].map((by) => run.executeUpdate(finalizeUpdate, { args: [{ by }] })));
  await reaches(swarm, "publish");
  publishing.resolve();
  const results = await both;
  expect(results.map((r) => r.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const rejected = results.find((r) => r.status === "rejected");
  expect(await refusalOf(Promise.reject(rejected?.reason))).toMatch(/finalize was given already by (ann|bob)/);
  await run.result();
  expect(swarm.binhost.published).toHaveLength(1);
});

test("two run-updates at once for one target: one starts", async () => {
  const { build, release } = held();
  await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "izar", build }] });
  const results = await Promise.allSettled([swarm.run(), swarm.run()]);
  expect(results.map((r) => r.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const rejected = results.find((r) => r.status === "rejected");
  expect(await refusalOf(Promise.reject(rejected?.reason))).toContain("already started");
  release();
  await reaches(swarm, "gate");
});

test("a run with nothing to build ends by itself; so does a dry run, with its plan", async () => {
  await using empty = await noopSwarm({
    plan: { packages: [{ ...pkg("a/there-1"), present: true }] },
    drones: [{ name: "izar" }],
  });
  expect(await (await empty.run()).result()).toMatchObject({
    outcome: "nothing-to-build",
    view: { reason: "everything that the target needs is published already" },
  });

  const builds = new Builds();
  await using dry = await noopSwarm({ plan: wide(3), drones: [{ name: "izar", build: builds.build }] });
  const result = await (await dry.run({ options: { dryRun: true } })).result();
  expect(result).toMatchObject({ outcome: "dry-run", view: { counts: { needed: 3 } } });
  expect(builds.started).toEqual([]);
});

test("auto-finalize publishes by itself, but not with a failed package that nobody accepted", async () => {
  await using swarm = await noopSwarm({ plan: wide(3), drones: [{ name: "izar" }] });
  const result = await (await swarm.run({ options: { autoFinalize: true } })).result();
  expect(result.outcome).toBe("published");

  const build = async ({ cpv }: { cpv: string }) => {
    if (cpv === "wide/part0-1") throw failed("package");
  };
  await using broken = await noopSwarm({ plan: wide(3), drones: [{ name: "izar", build }] });
  const run = await broken.run({ options: { autoFinalize: true } });
  await reaches(broken, "gate");
  expect(await packages(broken)).toMatchObject([{ state: "failed" }, { state: "received" }, { state: "received" }]);
  expect(broken.binhost.published).toEqual([]);
  await run.signal(finalizeSignal, { acceptFailed: true });
  expect((await run.result()).outcome).toBe("published");
});

test("a world that does not resolve stops the run, or builds the rest when told so", async () => {
  const unresolvable = [{ atoms: ["a/nowhere"], class: "missing" as const, text: "there are no ebuilds" }];
  const resolve = () => resolved(wide(1), unresolvable);
  await using swarm = await noopSwarm({ drones: [{ name: "izar", resolve }] });
  const refusal = await refusalOf((await swarm.run()).result());
  expect(refusal).toContain("the world does not resolve: a/nowhere");
  expect(await swarm.view()).toMatchObject({ step: "failed", unresolvable });

  await swarm.run({ options: { skipUnresolvable: true } });
  await reaches(swarm, "gate");
});
