import { Readable } from "node:stream";
import { asyncLocalStorage, type Context } from "@temporalio/activity";
import { expect, test, vi } from "vitest";
import { createBinhostActivities } from "../../../activities/binhost/activities.ts";
import { expectedOf, makeGpkg } from "../../../bench/gpkgMaker.ts";
import { type BuildOrder, type BuiltArtifact, uploadId } from "../../../model/build.ts";
import type { Plan } from "../../../model/plan.ts";
import { planBytes } from "../../../portage/planFile.ts";
import type { PackageStore } from "../../../store/store.ts";
import { newStore, sha256Of, TARGET, uploadOf } from "../../store/support.ts";

const CPV = "app-misc/hello-1.0";
const RUN = "desktop-20261121-0101";

/** A store with a plan of one package, the order for it, and its artifact, which is not uploaded yet. */
async function scene() {
  const { store, bundle } = await newStore();
  const needed = { kind: "new", text: "new" } as const;
  const planned = { ...expectedOf({ cpv: CPV }), needed, artifact: null, sourceBytes: 0, restrict: [], edges: [] };
  const about = { target: TARGET, tree: "git:1", bundle, snapshot: null };
  const plan: Plan = { ...about, packages: [planned], unresolvable: [], notices: [] };
  const order: BuildOrder = {
    ...{ run: RUN, target: TARGET, plan: await store.putBlob(planBytes(plan)), tree: plan.tree, bundle, index: 0 },
    ...{ cpv: CPV, attempt: 1, jobs: 1, nice: 0, noOutputSeconds: 60 },
  };
  const bytes = await makeGpkg({ cpv: CPV });
  const { size, sha256 } = uploadOf(uploadId(order), bytes);
  const times = { prepareSeconds: 0, buildSeconds: 0, adopted: false };
  const artifact: BuiltArtifact = { cpv: CPV, buildId: 1, size, sha256, ...times };
  const { validate, record } = createBinhostActivities(store);
  const asked = { order, drone: "izar", artifact, times: { startedAt: 1_000, builtAt: 61_000, endedAt: 62_500 } };
  const context = { heartbeat() {} } as unknown as Context;
  return {
    ...{ store, order, artifact, bytes, record },
    validate: (request: Partial<typeof asked> = {}) =>
      asyncLocalStorage.run(context, () => validate({ ...asked, ...request })),
  };
}

async function upload(store: PackageStore, order: BuildOrder, bytes: Buffer): Promise<void> {
  await store.appendUpload(uploadOf(uploadId(order), bytes), 0, Readable.from([bytes]));
}

test("a plan is read once for all packages of a run", async () => {
  const { store, order, bytes, validate } = await scene();
  const read = vi.spyOn(store, "getBlob");
  await upload(store, order, bytes);
  expect(await validate()).toEqual({ rejected: null });
  expect(await validate()).toEqual({ rejected: null });
  expect(read).toHaveBeenCalledTimes(1);
});

test("an upload or a plan that is not there any more ends the attempt, instead of being asked for for ever", async () => {
  const { order, validate } = await scene();
  const gone = { nonRetryable: true, type: "infrastructure" };
  await expect(validate()).rejects.toMatchObject({ ...gone, message: expect.stringContaining("is not finished") });
  const other = { ...order, plan: sha256Of(Buffer.from("other")) };
  await expect(validate({ order: other })).rejects.toMatchObject({
    ...gone,
    message: expect.stringContaining("no blob"),
  });
});

test("what was built is in the build history, once, with what the drone measured; so is what failed", async () => {
  const { store, order, artifact, bytes, validate, record } = await scene();
  await upload(store, order, bytes);
  const phases = [
    { name: "unpack", seconds: 1.5 },
    { name: "compile", seconds: 30 },
  ];
  const usage = { cpuSeconds: 99.5, peakMemoryBytes: 300e6, peakDiskBytes: 2e9, phases, speed: 0.8 };
  const measured = { ...artifact, prepareSeconds: 4, buildSeconds: 50, usage };
  await validate({ artifact: measured });
  await validate({ artifact: measured });
  const times = { startedAt: 70_000, endedAt: 80_000 };
  const failure = {
    ...{ order: { ...order, attempt: 2 }, drone: "tarn", times },
    result: "memory",
    message: "killed",
    usage,
  } as const;
  await record(failure);
  await record(failure);
  const about = { run: RUN, target: TARGET, cpv: CPV, jobs: 1, sourceBytes: 0 };
  const nothing = { prepareSeconds: null, buildSeconds: null, uploadSeconds: null, artifactBytes: null };
  expect(store.history.attempts({ package: null, target: null, limit: 9, offset: 0 }).attempts).toEqual([
    {
      ...{ ...about, attempt: 2, drone: "tarn", ...times, result: "memory", message: "killed" },
      ...{ ...nothing, ...usage },
    },
    {
      ...{ ...about, attempt: 1, drone: "izar", startedAt: 1_000, endedAt: 62_500, result: "built", message: null },
      ...{ prepareSeconds: 4, buildSeconds: 50, uploadSeconds: 1.5, artifactBytes: bytes.length, ...usage },
    },
  ]);
});

test("what no drone measured is unknown, not zero", async () => {
  const { store, order, artifact, bytes, validate } = await scene();
  await upload(store, order, bytes);
  await validate({ artifact: { ...artifact, usage: { cpuSeconds: 9, peakMemoryBytes: 0, phases: [] } } });
  const [attempt] = store.history.attempts({ package: CPV, target: null, limit: 9, offset: 0 }).attempts;
  expect(attempt).toMatchObject({ cpuSeconds: 9, peakMemoryBytes: null, peakDiskBytes: null });
});

test("a rejected artifact is not in the history as built", async () => {
  const { store, order, artifact, bytes, validate } = await scene();
  await upload(store, order, bytes);
  const other = { ...order, index: 7 };
  expect((await validate({ order: other, artifact })).rejected).toContain("the plan has no");
  expect(store.history.attempts({ package: null, target: null, limit: 9, offset: 0 }).total).toBe(0);
});
