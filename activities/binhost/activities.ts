import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { BinhostActivities } from "../../model/activities.ts";
import { uploadId } from "../../model/build.ts";
import { UserError } from "../../model/errors.ts";
import { parsePlan } from "../../portage/planFile.ts";
import type { PackageStore } from "../../store/store.ts";

/** Often enough for the heartbeat timeouts of the workflows. ms */
const HEARTBEAT_MS = 5_000;

/** What the binhost does for runs. Every one may be repeated: the store's steps are idempotent. */
export function createBinhostActivities(store: PackageStore): BinhostActivities {
  return {
    async pinTarget(target) {
      const info = await store.target(target).catch(refuse);
      return { bundle: info.bundle, snapshot: info.current };
    },

    validate: ({ order, artifact }) =>
      beating(async () => {
        const plan = parsePlan(await store.getBlob(order.plan));
        const expected = plan.packages[order.index];
        if (expected?.cpv !== order.cpv) return { rejected: `the plan has no ${order.cpv} at ${order.index}` };
        const { size, sha256 } = artifact;
        const { run, target } = order;
        const answer = await store.acceptUpload({ id: uploadId(order), run, target, expected, size, sha256 });
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

async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
