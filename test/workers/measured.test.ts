import { CompleteAsyncError } from "@temporalio/activity";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { artifactOf, failed, noopActivities, noopFacts } from "../../bench/noop/drone.ts";
import type { BinhostActivities } from "../../model/activities.ts";
import type { BuildOrder } from "../../model/build.ts";
import { binhostMetrics, droneMetrics } from "../../telemetry/roleMetrics.ts";
import { measuredBinhost, measuredDrone } from "../../workers/measured.ts";
import type { DroneWork } from "../../workers/serveDrone.ts";
import { valuesOf } from "../telemetry/metricText.ts";

const order = (cpv: string): BuildOrder => ({
  ...{ run: "r", target: "t", plan: "", tree: "", bundle: "", index: 0, cpv, attempt: 1, jobs: 1, nice: 0 },
  noOutputSeconds: 60,
});

/** A drone's work whose builds end so, and its metrics. */
function drone(build: DroneWork["build"], upload: DroneWork["upload"] = async () => {}) {
  const registry = new Registry();
  const options = { name: "izar" };
  const work = { ...noopActivities(options), build, upload, facts: async () => noopFacts(options) };
  const measured = measuredDrone(work, droneMetrics(registry, "izar", "/"));
  return { measured, values: async () => valuesOf(await registry.metrics()) };
}

test("a disk that is not there has no value, and everything else is told", async () => {
  const registry = new Registry();
  binhostMetrics(registry, { dir: "/nowhere/at/all", pool: "/nowhere" });
  const found = valuesOf(await registry.metrics());
  expect(found.has("swarm_disk_free_bytes") || found.has("swarm_disk_size_bytes")).toBe(false);
  expect(found.get('swarm_artifacts_total{result="accepted"}')).toBe(0);
  expect(found.has("swarm_machine_load1")).toBe(true);
});

test("a build counts by its category and how it ended, with the time that its drone says", async () => {
  const outcomes = [
    async () => ({ ...artifactOf(order("dev-libs/a-1")), prepareSeconds: 20, buildSeconds: 100 }),
    async () => Promise.reject(failed("memory")),
    async () => Promise.reject(failed("package")),
    async () => Promise.reject(new CompleteAsyncError()),
    async () => Promise.reject(new Error("a defect")),
  ];
  const { measured, values } = drone(() => outcomes.shift()?.() ?? Promise.reject(new Error("no more")));
  await measured.build(order("dev-libs/a-1"));
  for (const _ of [1, 2, 3, 4]) await expect(measured.build(order("app-misc/b-1"))).rejects.toThrow();
  const found = await values();
  const count = (category: string, result: string): number | undefined =>
    found.get(`swarm_build_duration_seconds_count{category="${category}",drone="izar",result="${result}"}`);
  expect(count("dev-libs", "built")).toBe(1);
  expect(found.get('swarm_build_duration_seconds_sum{category="dev-libs",drone="izar",result="built"}')).toBe(120);
  expect(count("app-misc", "memory")).toBe(1);
  expect(count("app-misc", "package")).toBe(1);
  expect(count("app-misc", "cancelled")).toBe(2);
  expect(found.get('swarm_builds_running{drone="izar"}')).toBe(0);
});

test("builds that run are told; what makes up categories without end is told as others", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { measured, values } = drone(async ({ cpv }) => {
    if (cpv === "app-misc/held-1") await promise;
    return artifactOf(order(cpv));
  });
  const held = measured.build(order("app-misc/held-1"));
  expect((await values()).get('swarm_builds_running{drone="izar"}')).toBe(1);
  for (let i = 0; i < 300; i++) await measured.build(order(`made-up-${i}/a-1`));
  resolve();
  await held;
  const counts = [...(await values())].filter(([key]) => key.startsWith("swarm_build_duration_seconds_count"));
  expect(counts).toHaveLength(251);
  expect(new Map(counts).get('swarm_build_duration_seconds_count{category="other",drone="izar",result="built"}')).toBe(
    51,
  );
});

test("uploads, by size and result", async () => {
  const sent = [async () => {}, async () => Promise.reject(new Error("the binhost is away"))];
  const { measured, values } = drone(
    async ({ cpv }) => artifactOf(order(cpv)),
    () => sent.shift()?.() ?? Promise.reject(new Error("no more")),
  );
  const request = { order: order("dev-libs/a-1"), artifact: artifactOf(order("dev-libs/a-1")) };
  // The first failure must be seen as an increase.
  expect((await values()).get('swarm_upload_duration_seconds_count{drone="izar",result="failed"}')).toBe(0);
  await measured.upload(request);
  await expect(measured.upload(request)).rejects.toThrow("away");
  const found = await values();
  expect(found.get('swarm_uploaded_bytes_total{drone="izar"}')).toBe(request.artifact.size);
  expect(found.get('swarm_upload_duration_seconds_count{drone="izar",result="ok"}')).toBe(1);
  expect(found.get('swarm_upload_duration_seconds_count{drone="izar",result="failed"}')).toBe(1);
});

test("the binhost's artifacts and publishes", async () => {
  const registry = new Registry();
  const answers = [{ rejected: null }, { rejected: "the digest differs" }];
  const publishes = [
    async () => ({ snapshot: "s", packages: 1, added: 1, bytes: 1 }),
    async () => Promise.reject(new Error("no space left")),
  ];
  const work: BinhostActivities = {
    pinTarget: async () => ({ bundle: "", snapshot: null }),
    validate: async () => answers.shift() ?? { rejected: "no more" },
    record: async () => {},
    publish: () => publishes.shift()?.() ?? Promise.reject(new Error("no more")),
    clearStaging: async () => {},
  };
  const measured = measuredBinhost(work, binhostMetrics(registry, { dir: "/", pool: "/nowhere" }));
  const times = { startedAt: 0, builtAt: 0, endedAt: 0 };
  const artifact = artifactOf(order("dev-libs/a-1"));
  const validate = { order: order("dev-libs/a-1"), drone: "izar", artifact, times };
  const publish = { target: "t", run: "r", tree: "", bundle: "", createdAt: "" };
  await measured.validate(validate);
  await measured.validate(validate);
  await measured.publish(publish);
  await expect(measured.publish(publish)).rejects.toThrow("no space left");
  const found = valuesOf(await registry.metrics());
  expect(found.get('swarm_artifacts_total{result="accepted"}')).toBe(1);
  expect(found.get('swarm_artifacts_total{result="rejected"}')).toBe(1);
  expect(found.get("swarm_artifacts_accepted_bytes_total")).toBe(artifact.size);
  expect(found.get('swarm_publish_duration_seconds_count{result="ok"}')).toBe(1);
  expect(found.get('swarm_publish_duration_seconds_count{result="failed"}')).toBe(1);
});
