import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { BinhostActivities } from "../../model/activities.ts";
import { type BuildOrder, type BuildUsage, uploadId } from "../../model/build.ts";
import { UserError } from "../../model/errors.ts";
import type { AttemptRecord } from "../../model/history.ts";
import type { Plan, PlanPackage } from "../../model/plan.ts";
import { parsePlan } from "../../portage/planFile.ts";
import { StoreError } from "../../store/errors.ts";
import type { PackageStore } from "../../store/store.ts";
import { failureOf } from "../drone/failure.ts";

/** Often enough for the heartbeat timeouts of the workflows. ms */
const HEARTBEAT_MS = 5_000;

/** Plans that are kept parsed: each of a run's packages is validated against the run's, which may be megabytes. */
const KEPT_PLANS = 2;

/** What the binhost does for runs. Every one may be repeated: the store's steps are idempotent. */
export function createBinhostActivities(store: PackageStore): BinhostActivities {
  const plans = new Map<string, Plan>();
  const planOf = async (sha256: string): Promise<Plan> => {
    const plan = plans.get(sha256) ?? (await parsePlan(await store.getBlob(sha256)));
    // Last in the map's order: the one used longest ago goes first.
    plans.delete(sha256);
    plans.set(sha256, plan);
    for (const oldest of plans.keys()) if (plans.size > KEPT_PLANS) plans.delete(oldest);
    return plan;
  };
  return {
    async pinTarget(target) {
      const info = await store.target(target).catch(refuse);
      return { bundle: info.bundle, snapshot: info.current };
    },

    validate: ({ order, drone, artifact, times }) =>
      beating(async () => {
        const plan = await planOf(order.plan).catch(giveUp);
        const expected = plan.packages[order.index];
        if (expected?.cpv !== order.cpv) return { rejected: `the plan has no ${order.cpv} at ${order.index}` };
        const { size, sha256 } = artifact;
        const { run, target } = order;
        const upload = { id: uploadId(order), size, sha256 };
        const answer = await store.acceptUpload({ ...upload, run, target, expected }).catch(giveUp);
        if ("rejected" in answer) return { rejected: answer.rejected };
        store.history.record({
          ...attemptOf(order, drone, expected),
          ...{ startedAt: times.startedAt, endedAt: times.endedAt, result: "built", message: null },
          prepareSeconds: artifact.prepareSeconds,
          buildSeconds: artifact.buildSeconds,
          uploadSeconds: Math.max(0, times.endedAt - times.builtAt) / 1000,
          artifactBytes: size,
          ...measured(artifact.usage),
        });
        return { rejected: null };
      }),

    record: async ({ order, drone, times, result, message, usage }) => {
      const plan = await planOf(order.plan).catch(() => null);
      const { startedAt, endedAt } = times;
      store.history.record({
        ...attemptOf(order, drone, plan?.packages[order.index]),
        ...{ startedAt, endedAt, result, message, ...measured(usage) },
        ...{ prepareSeconds: null, buildSeconds: null, uploadSeconds: null, artifactBytes: null },
      });
    },

    publish: (request) =>
      beating(async () => {
        const before = new Set((await store.staged(request.run)).map((p) => p.sha256));
        const snapshot = await store.publish(request);
        return {
          snapshot: snapshot.id,
          packages: snapshot.packages.length,
          added: snapshot.packages.filter((p) => before.has(p.sha256)).length,
          bytes: snapshot.packages.reduce((sum, p) => sum + p.size, 0),
        };
      }),

    clearStaging: (run) => store.clearStaging(run),
  };
}

function attemptOf({ run, target, cpv, attempt, jobs }: BuildOrder, drone: string, planned: PlanPackage | undefined) {
  const sourceBytes = planned?.sourceBytes ?? null;
  return { run, target, cpv, drone, attempt, jobs, sourceBytes } satisfies Partial<AttemptRecord>;
}

function measured(usage: BuildUsage | null | undefined) {
  return {
    phases: usage?.phases ?? [],
    cpuSeconds: usage?.cpuSeconds ?? null,
    // 0 says that it could not be measured.
    peakMemoryBytes: usage?.peakMemoryBytes || null,
    peakDiskBytes: usage?.peakDiskBytes ?? null,
    speed: usage?.speed ?? null,
  } satisfies Partial<AttemptRecord>;
}

/** Input that a person must mend does not get better by retrying. */
function refuse(error: unknown): never {
  if (error instanceof UserError) throw ApplicationFailure.nonRetryable(error.message, "RunStopped");
  throw error;
}

/** What is gone does not come back by asking again: the package is built again. */
function giveUp(error: unknown): never {
  if (!(error instanceof StoreError) || (error.kind !== "not-found" && error.kind !== "invalid")) throw error;
  throw failureOf({ class: "infrastructure", message: error.message });
}

async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
