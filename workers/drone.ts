import { setTimeout as sleep } from "node:timers/promises";
import { Client, WorkflowNotFoundError } from "@temporalio/client";
import { Worker } from "@temporalio/worker";
import { createDroneActivities } from "../activities/drone/activities.ts";
import { enrolRequest } from "../activities/orchestrator/credential.ts";
import { droneConfig } from "../config/drones.ts";
import type { DroneConfig, SwarmConfig } from "../config/schema.ts";
import { dataConverter } from "../connection/codec.ts";
import { connectWorker } from "../connection/worker.ts";
import { QUEUES } from "../model/activities.ts";
import { messageOf, UserError, usageError } from "../model/errors.ts";
import { ensurePortage } from "../portage/install.ts";
import { BinhostClient } from "../store/client.ts";
import { holdLock } from "../system/lock.ts";
import { enrolUpdate, FLEET_ID } from "../workflows/messages.ts";
import { Attendance } from "./attendance.ts";
import { aborted, type Role, type RoleContext, readToken } from "./role.ts";
import { installRuntime } from "./runtime.ts";

/** A drone that nobody attends for this long enrols again: the fleet took it for lost, or is new. ms */
const UNATTENDED_MS = 10_000;
/** While waiting for a fleet that does not answer. ms */
const RETRY_MS = 3_000;
/** Builds that were taken over beside the ones that run: an offer of an attempt must find room while its old one ends. */
const ADOPTION_ROOM = 2;

/** The drone: builds packages in its own directory. Its builds outlive it and are taken over by its next life. */
export const runDrone: Role = async (config, name, context) => {
  if (name === null) throw usageError("swarm drone needs a name: swarm drone NAME");
  installRuntime(context.log);
  const drone = { name, ...droneConfig(config, name) };
  const token = await readToken(config);
  const lock = await holdLock(`${drone.dir}/lock`, `drone ${name} runs already in ${drone.dir}`);
  try {
    await work(config, drone, token, context);
  } finally {
    await lock[Symbol.asyncDispose]();
  }
};

async function work(
  config: SwarmConfig,
  drone: DroneConfig & { name: string },
  token: string,
  { signal, log, ready }: RoleContext,
): Promise<void> {
  const { name } = drone;
  const portage = await ensurePortage({ cacheDir: config.swarm.cacheDir, env: process.env, onProgress: log });
  const activities = await createDroneActivities({
    drone,
    portage,
    binhost: new BinhostClient(config.binhost.url, token),
    keepLogsDays: config.build.keepLogsDays,
    log,
  });
  const attendance = new Attendance(activities.facts);
  const { connection, namespace } = await connectWorker(config, { signal, onWait: log });
  try {
    const client = new Client({ connection, namespace, dataConverter });
    const { build, facts, ...control } = activities;
    const enrol = async (): Promise<void> => {
      const request = enrolRequest(token, await facts());
      const answer = await client.workflow.getHandle(FLEET_ID).executeUpdate(enrolUpdate, { args: [request] });
      if (!answer.accepted) throw new UserError(`drone ${name} was refused: ${answer.reason}`);
    };
    await enrolPatiently(enrol, name, { signal, log });
    if (signal.aborted) return;

    const common = {
      connection,
      namespace,
      dataConverter,
      // Cancellation reaches a build with a heartbeat's answer: the default of 60 s would let it run on as long.
      maxHeartbeatThrottleInterval: "1s",
      defaultHeartbeatThrottleInterval: "1s",
      shutdownGraceTime: "1s",
    } as const;
    const builds = await Worker.create({
      ...common,
      taskQueue: QUEUES.build(name),
      activities: { build },
      maxConcurrentActivityTaskExecutions: drone.slots + ADOPTION_ROOM,
    });
    const controls = await Worker.create({
      ...common,
      taskQueue: QUEUES.control(name),
      activities: { ...control, attend: attendance.attend },
      maxConcurrentActivityTaskExecutions: 32,
    });
    log(
      `drone ${name}: enrolled, ${drone.cores} cores declared, ${drone.slots} slots, builds with -j${drone.maxJobs} at most`,
    );
    ready();
    const stopped = new AbortController();
    const stop = AbortSignal.any([signal, stopped.signal]);
    // The goodbye must leave before the worker that carries it stops.
    const goodbye = aborted(stop).then(async () => {
      attendance.leave();
      await sleep(500);
    });
    const parts = [
      builds.runUntil(goodbye),
      controls.runUntil(goodbye),
      keepEnrolled(attendance, enrol, name, { signal: stop, log }),
    ];
    try {
      await Promise.all(parts);
    } finally {
      stopped.abort();
      // A connection that is still in use cannot be closed: its complaint would hide why the drone ends.
      await Promise.allSettled(parts);
    }
  } finally {
    await connection.close();
  }
}

/** Enrols, waiting for a fleet that does not run yet. A refusal is final. */
async function enrolPatiently(
  enrol: () => Promise<void>,
  name: string,
  { signal, log }: Pick<RoleContext, "signal" | "log">,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await enrol();
    } catch (error) {
      if (error instanceof UserError) throw error;
      const why = error instanceof WorkflowNotFoundError ? "no orchestrator has run yet" : messageOf(error);
      log(`drone ${name}: cannot enrol: ${why}; trying again`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** Enrols again whenever the fleet has lost sight of this drone: after a partition, a new engine, a long sleep. */
async function keepEnrolled(
  attendance: Attendance,
  enrol: () => Promise<void>,
  name: string,
  context: Pick<RoleContext, "signal" | "log">,
): Promise<void> {
  while (!context.signal.aborted) {
    await sleep(RETRY_MS, undefined, { signal: context.signal }).catch(() => {});
    if (context.signal.aborted || attendance.unattendedFor() < UNATTENDED_MS) continue;
    await enrolPatiently(enrol, name, context);
  }
}
