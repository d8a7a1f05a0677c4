import { setTimeout as sleep } from "node:timers/promises";
import { Client, WorkflowNotFoundError } from "@temporalio/client";
import { type NativeConnection, Worker } from "@temporalio/worker";
import { enrolRequest } from "../activities/orchestrator/credential.ts";
import { dataConverter } from "../connection/codec.ts";
import { type DroneBuildActivities, type DroneControlActivities, QUEUES } from "../model/activities.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { DroneFacts } from "../model/fleet.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { enrolUpdate, FLEET_ID } from "../workflows/messages.ts";
import { Attendance } from "./attendance.ts";
import { aborted, type RoleContext } from "./role.ts";

/** A drone that nobody attends for this long enrols again: the fleet took it for lost, or is new. ms */
const UNATTENDED_MS = 10_000;
/** While waiting for a fleet that does not answer. ms */
const RETRY_MS = 3_000;
/** Builds that were taken over beside the ones that run: an offer of an attempt must find room while its old one ends. */
const ADOPTION_ROOM = 2;

/**
 * Builds that a drone with so many slots takes at most. Where a second run gets a share of what the first one had all of,
 * the first one's builds go on beside the new ones: an offer that waited for them would be taken for unheard.
 */
export const buildsTaken = (slots: number): number => 2 * slots + ADOPTION_ROOM;

/** What a drone does, and what it says of itself. */
export type DroneWork = DroneBuildActivities &
  Omit<DroneControlActivities, "attend"> & { facts: () => Promise<DroneFacts> };

export interface ServedDrone {
  name: string;
  slots: number;
  token: string;
  work: DroneWork;
  tracing?: Pick<Tracing, "client" | "worker">;
  /** With less free disk an alert begins. Absent: none does. */
  lowDiskGib?: number;
}

/** A drone's part in the swarm, whatever its builds are: enrols, then polls its queues until the signal. */
export async function serveDrone(
  { name, slots, token, work, tracing, lowDiskGib = 0 }: ServedDrone,
  { connection, namespace }: { connection: NativeConnection; namespace: string },
  { signal, log, ready }: RoleContext,
): Promise<void> {
  const { build, facts, ...control } = work;
  const attendance = new Attendance(facts, lowDiskGib);
  const client = new Client({ connection, namespace, dataConverter, ...tracing?.client });
  const enrol = async (): Promise<void> => {
    const request = enrolRequest(token, await attendance.tell());
    const answer = await client.workflow.getHandle(FLEET_ID).executeUpdate(enrolUpdate, { args: [request] });
    if (!answer.accepted) throw new UserError(`drone ${name} was refused: ${answer.reason}`);
  };
  await enrolPatiently(enrol, name, { signal, log });
  if (signal.aborted) return;

  const common = {
    connection,
    namespace,
    dataConverter,
    ...tracing?.worker,
    // Cancellation reaches a build with a heartbeat's answer: the default of 60 s would let it run on as long.
    maxHeartbeatThrottleInterval: "1s",
    defaultHeartbeatThrottleInterval: "1s",
    shutdownGraceTime: "1s",
  } as const;
  const builds = await Worker.create({
    ...common,
    taskQueue: QUEUES.build(name),
    activities: { build },
    maxConcurrentActivityTaskExecutions: buildsTaken(slots),
  });
  const controls = await Worker.create({
    ...common,
    taskQueue: QUEUES.control(name),
    activities: { ...control, attend: attendance.attend },
    maxConcurrentActivityTaskExecutions: 32,
  });
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
