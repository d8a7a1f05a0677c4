import { setTimeout as delay } from "node:timers/promises";
import type { SwarmConfig } from "../config/schema.ts";
import { UserError } from "../model/errors.ts";
import { withLock } from "../system/lock.ts";
import { isAlive } from "../system/processIdentity.ts";
import { endBuilds } from "./endBuilds.ts";
import { logTail } from "./logTail.ts";
import {
  composeLockPath,
  ENGINE_LABEL,
  isReady,
  logPath,
  RECORD_VARIABLE,
  type RoleRecord,
  readRecords,
  recordPath,
  recordUnrecorded,
  removeRecord,
  sweepRecords,
} from "./roleRecords.ts";
import { droneOfLabel, rolesOf } from "./roles.ts";
import { startRole } from "./startRole.ts";
import { endLeftovers, terminate } from "./terminate.ts";
import { ensureToken } from "./token.ts";

/** What happens to one process while the swarm is started or stopped. */
export interface ComposeEvent {
  /** The role's label, or ENGINE_LABEL. */
  role: string;
  state: "starting" | "waiting" | "ready" | "already running" | "stopping" | "stopped" | "killed";
  /** For people: pid, address, how many builds were ended. */
  detail: string;
}

/** A process of the swarm as its record and the kernel tell. */
export interface RoleStatus {
  role: string;
  pid: number;
  state: "ready" | "starting" | "dead";
  /** ISO 8601 */
  startedAt: string;
  log: string;
}

/** The engine of the embedded default: what startSwarm and stopSwarm need of temporal-dev. */
export interface Engine {
  /** Starts it with this environment where it does not run; returns its address for people. */
  start: (env: NodeJS.ProcessEnv) => Promise<string>;
  /** False where none was running. */
  stop: () => Promise<boolean>;
}

export interface StartRequest {
  config: SwarmConfig;
  /** Handed to every role, null where none was found. */
  configFile: string | null;
  env: NodeJS.ProcessEnv;
  /** null: the engine is somebody else's. */
  engine: Engine | null;
  onEvent: (event: ComposeEvent) => void;
  /** How long a role may take to be ready. Milliseconds; a drone's first start may have Portage to install. */
  readyMs?: number;
}

const READY_MS = 300_000;
/** Progress of a slow start is told this often. */
const TELL_MS = 10_000;
const GRACE_MS = 15_000;
/** When one role has failed the others have so long to fail for the same reason: all reasons are told at once. */
const FAILING_MS = 2_000;
const POLL_MS = 50;
const LOG_LINES = 15;

/**
 * Starts what is missing of the swarm on this machine and returns when every role does its work. What runs already is
 * left alone, so it may be called again after a failure or a kill.
 * @throws UserError: a role ended or did not become ready, with the last lines of its log. The others stay up.
 */
export async function startSwarm(request: StartRequest): Promise<RoleStatus[]> {
  const { config, engine, onEvent } = request;
  const { stateDir } = config.swarm;
  return withLock(composeLockPath(stateDir), async () => {
    await ensureToken(config.swarm.tokenFile);
    await recordUnrecorded(stateDir);
    if (engine) {
      // Marked as the roles are: `down` also finds one that a killed `up` has not recorded yet.
      const detail = await engine.start({ ...request.env, [RECORD_VARIABLE]: recordPath(stateDir, ENGINE_LABEL) });
      onEvent({ role: ENGINE_LABEL, state: "ready", detail });
    }
    const known = await readRecords(stateDir);
    const failing = new AbortController();
    const waiting: Promise<void>[] = [];
    for (const role of rolesOf(config)) {
      const running = known.find((record) => record.label === role.label && isAlive(record.identity));
      if (running && (await isReady(stateDir, running))) {
        onEvent({ role: role.label, state: "already running", detail: `pid ${running.identity.pid}` });
        continue;
      }
      const started = running ? { record: running, logStart: 0 } : await startRole(role, { ...request, stateDir });
      onEvent({ role: role.label, state: "starting", detail: `pid ${started.record.identity.pid}` });
      const ready = awaitReady(request, started.record, started.logStart, failing.signal);
      ready.catch(() => setTimeout(() => failing.abort(), FAILING_MS));
      waiting.push(ready);
    }
    const failures = (await Promise.allSettled(waiting)).filter((result) => result.status === "rejected");
    if (failures.length > 0) throw failureOf(failures.map((failure) => failure.reason));
    return listSwarm(stateDir);
  });
}

/** Several roles may fail for one reason: all are told, at once. */
function failureOf(reasons: unknown[]): unknown {
  const problems = reasons.filter((reason) => reason instanceof UserError).flatMap((reason) => reason.problems);
  const other = reasons.find((reason) => !(reason instanceof UserError));
  if (other !== undefined) return other;
  return new UserError([...problems, "What did start stays up. Try again: swarm up   Stop it: swarm down"]);
}

/** Returns, too, when `failing` is aborted: there is something else to tell than that this role is not ready. */
async function awaitReady(
  request: StartRequest,
  record: RoleRecord,
  logStart: number,
  failing: AbortSignal,
): Promise<void> {
  const { stateDir } = request.config.swarm;
  const begin = Date.now();
  const limit = request.readyMs ?? READY_MS;
  let told = begin;
  while (!(await isReady(stateDir, record))) {
    if (failing.aborted) return;
    const alive = isAlive(record.identity);
    if (!alive || Date.now() - begin > limit) {
      const what = alive ? `not ready after ${Math.round(limit / 1000)} s` : "ended while it started";
      throw await startFailure(stateDir, record.label, what, logStart);
    }
    if (Date.now() - told >= TELL_MS) {
      told = Date.now();
      const last = (await logTail(logPath(stateDir, record.label), 1, logStart))[0] ?? "no output yet";
      request.onEvent({ role: record.label, state: "waiting", detail: last });
    }
    await delay(POLL_MS);
  }
  request.onEvent({ role: record.label, state: "ready", detail: `pid ${record.identity.pid}` });
}

async function startFailure(stateDir: string, label: string, what: string, logStart: number): Promise<UserError> {
  const log = logPath(stateDir, label);
  const lines = await logTail(log, LOG_LINES, logStart);
  const tail = lines.length > 0 ? lines.map((line) => `  | ${line}`) : ["  | (no output)"];
  return new UserError([[`${label}: ${what}. The end of ${log}:`, ...tail].join("\n")]);
}

/**
 * Stops everything that `swarm up` started here: drones, their builds, the other roles, the engine. What a killed `up`
 * or a killed role left behind is stopped as well.
 */
export async function stopSwarm(request: {
  config: SwarmConfig;
  /** null: the engine is somebody else's. */
  engine: Engine | null;
  onEvent: (event: ComposeEvent) => void;
  /** How long a role has to end by itself. Milliseconds. */
  graceMs?: number;
}): Promise<void> {
  const { config, onEvent } = request;
  const { stateDir } = config.swarm;
  await withLock(composeLockPath(stateDir), async () => {
    await recordUnrecorded(stateDir);
    const records = await readRecords(stateDir);
    const drones = records.filter((record) => droneOfLabel(record.label) !== null);
    const others = records.filter((record) => droneOfLabel(record.label) === null);
    // Drones first: they say goodbye through the others.
    for (const group of [drones, others]) {
      await Promise.all(
        group.map(async (record) => {
          const { label, identity } = record;
          if (isAlive(identity)) onEvent({ role: label, state: "stopping", detail: `pid ${identity.pid}` });
          const end = await terminate(identity, request.graceMs ?? GRACE_MS);
          const drone = droneOfLabel(label);
          const builds = drone === null ? 0 : await endBuilds(config, drone);
          // Last: a `down` that dies before this line is repeated whole.
          await removeRecord(stateDir, label);
          const detail = builds > 0 ? `${builds} build${builds === 1 ? "" : "s"} ended` : "";
          onEvent({ role: label, state: end === "killed" ? "killed" : "stopped", detail });
        }),
      );
    }
    if (await request.engine?.stop()) onEvent({ role: ENGINE_LABEL, state: "stopped", detail: "" });
    await endLeftovers(stateDir);
    await sweepRecords(stateDir);
  });
}

/** Every process of this state directory that has a record. */
export async function listSwarm(stateDir: string): Promise<RoleStatus[]> {
  const records = await readRecords(stateDir);
  return Promise.all(
    records.map(async (record) => {
      const ready = isAlive(record.identity) ? await isReady(stateDir, record) : null;
      return {
        role: record.label,
        pid: record.identity.pid,
        state: ready === null ? ("dead" as const) : ready ? ("ready" as const) : ("starting" as const),
        startedAt: record.startedAt,
        log: logPath(stateDir, record.label),
      };
    }),
  );
}
