import { stat } from "node:fs/promises";
import { type BuildOrder, type BuiltArtifact, uploadId } from "../../model/build.ts";
import type { BinhostClient } from "../../store/client.ts";
import { BinhostError } from "../../store/transport.ts";
import { attemptOf, type DronePlaces } from "./attempt.ts";
import { type ActivityContext, leave } from "./context.ts";
import { sha256Of } from "./digest.ts";
import { failureOf } from "./failure.ts";

/** Refusals: the same bytes would be refused again. */
const REFUSED = new Set([400, 404, 413, 422]);
/** A good artifact that is refused was changed on its way: it is sent so often. */
const TRIES = 3;

/**
 * Brings the artifact of an attempt to the binhost; resumes what an earlier try began. A binhost that is away is an error
 * that may be retried.
 */
export async function uploadArtifact(
  deps: { drone: DronePlaces; binhost: BinhostClient },
  { order, artifact }: { order: BuildOrder; artifact: BuiltArtifact },
  context: ActivityContext,
): Promise<void> {
  const file = attemptOf(deps.drone, order).packageFile(artifact.buildId);
  const { size, sha256 } = artifact;
  const found = await stat(file).catch(() => null);
  // An earlier try that ended before it could say so has brought it and moved the copy.
  if (found === null && (await deps.binhost.hasUpload({ id: uploadId(order), size, sha256 }))) return;
  if (found?.size !== size) {
    const message = `the artifact of ${order.cpv} (attempt ${order.attempt}) is not on the drone any more`;
    throw failureOf({ class: "infrastructure", message });
  }
  for (let tries = 1; ; tries++) {
    try {
      return await deps.binhost.uploadArtifact({ id: uploadId(order), file, size, sha256, signal: context.signal });
    } catch (error) {
      if (context.signal.aborted) return leave(context.reason());
      if (!(error instanceof BinhostError) || !REFUSED.has(error.status)) throw error;
      if ((await sha256Of(file)) !== sha256) {
        const message = `the artifact of ${order.cpv} (attempt ${order.attempt}) was changed on the drone after it was built`;
        throw failureOf({ class: "drone", message });
      }
      if (tries === TRIES) throw failureOf({ class: "infrastructure", message: error.message });
    }
  }
}
