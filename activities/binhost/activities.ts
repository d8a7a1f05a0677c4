import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { BinhostActivities } from "../../model/activities.ts";
import { uploadId } from "../../model/build.ts";
import { UserError } from "../../model/errors.ts";
import type { Plan } from "../../model/plan.ts";
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
    const plan = plans.get(sha256) ?? parsePlan(await store.getBlob(sha256));
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

    validate: ({ order, artifact }) =>
      beating(async () => {
        const plan = await planOf(order.plan).catch(giveUp);
        const expected = plan.packages[order.index];
        if (expected?.cpv !== order.cpv) return { rejected: `the plan has no ${order.cpv} at ${order.index}` };
        const { size, sha256 } = artifact;
        const { run, target } = order;
        const upload = { id: uploadId(order), size, sha256 };
        const answer = await store.acceptUpload({ ...upload, run, target, expected }).catch(giveUp);
        return { rejected: "rejected" in answer ? answer.rejected : null };
      }),

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
