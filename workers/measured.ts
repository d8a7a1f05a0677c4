import { ApplicationFailure } from "@temporalio/common";
import type { BinhostActivities } from "../model/activities.ts";
import { FAILURE_CLASSES } from "../model/failures.ts";
import type { BinhostMetrics, BuildResult, DroneMetrics } from "../telemetry/roleMetrics.ts";
import type { DroneWork } from "./serveDrone.ts";

/** A drone's work, counted. What it does stays the same. */
export function measuredDrone(work: DroneWork, metrics: DroneMetrics): DroneWork {
  return {
    ...work,
    build: async (order) => {
      const ended = metrics.began();
      const category = order.cpv.split("/", 1)[0] ?? "";
      const began = performance.now();
      try {
        const artifact = await work.build(order);
        // Not the time that was seen here: the build may have run before this life of the drone.
        ended(category, "built", artifact.prepareSeconds + artifact.buildSeconds);
        return artifact;
      } catch (error) {
        ended(category, resultOf(error), (performance.now() - began) / 1000);
        throw error;
      }
    },
    upload: (request) =>
      timed(
        () => work.upload(request),
        (seconds, ok) => metrics.uploaded(seconds, request.artifact.size, ok),
      ),
  };
}

/** The binhost's work, counted. */
export function measuredBinhost(work: BinhostActivities, metrics: BinhostMetrics): BinhostActivities {
  return {
    ...work,
    validate: async (request) => {
      const answer = await work.validate(request);
      if (answer.rejected === null) metrics.accepted(request.artifact.size);
      else metrics.rejected();
      return answer;
    },
    publish: (request) => timed(() => work.publish(request), metrics.published),
  };
}

async function timed<T>(work: () => Promise<T>, done: (seconds: number, ok: boolean) => void): Promise<T> {
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  try {
    const result = await work();
    done(seconds(), true);
    return result;
  } catch (error) {
    done(seconds(), false);
    throw error;
  }
}

/** The class that a build's failure carries; what is none was cancelled, or left to the drone's next life. */
function resultOf(error: unknown): BuildResult {
  const type = error instanceof ApplicationFailure ? error.type : null;
  return FAILURE_CLASSES.find((known) => known === type) ?? "cancelled";
}
