import type { Client, ScheduleDescription, ScheduleHandle } from "@temporalio/client";
import { QUEUES } from "../model/activities.ts";
import { UnknownName, UserError, usageError } from "../model/errors.ts";
import { isName, NAME_RULE } from "../model/names.ts";
import type { ScheduleAction, ScheduledOrder, ScheduledOutcome, ScheduleView } from "../model/schedules.ts";
import { nearest } from "../system/nearest.ts";
import type { Access } from "./access.ts";
import { checkAtoms } from "./atoms.ts";
import { rootOf } from "./engine.ts";
import { chooseTarget } from "./targets.ts";

/** What an operator asks for. */
export interface NewSchedule {
  name: string;
  /** Five fields as crontab has them, or `@daily` and the like. */
  cron: string;
  /** An IANA time zone. */
  timezone: string;
  /** Absent: the only one. */
  target?: string;
  /** None: `@world`. */
  atoms: string[];
  autoFinalize: boolean;
  acceptFailed: boolean;
  /** What was missed for less than this is made up for. ms */
  catchUp: number;
}

/** What the engine keeps of a schedule only in its own form. */
interface ScheduleMemo extends Record<string, unknown> {
  cron: string;
  timezone: string;
}

/** Schedules of the swarm begin so, others in the namespace are none of our business. */
export const SCHEDULE_PREFIX = "schedule/";
const SHOWN = 3;
const CRONTAB =
  'As in a crontab: minute, hour, day of month, month, day of week, e.g. "0 2 * * *" for two in the morning';
/** So long a start that was asked for may take to be seen. ms */
const SEEN_WITHIN_MS = 20_000;

/**
 * Adds a schedule: at most one start of it at a time, and a run of its target that is in progress is left alone.
 * @throws UserError: a time or zone that is none, a target that is not there, a name that is taken
 */
export async function addSchedule(access: Access, asked: NewSchedule): Promise<ScheduleView> {
  const { name, cron, timezone, atoms, autoFinalize, acceptFailed, catchUp } = asked;
  if (!isName(name)) throw usageError(`'${name}' cannot name a schedule: it must be ${NAME_RULE}`);
  if (acceptFailed && !autoFinalize) throw usageError("--accept-failed goes with --auto-finalize");
  checkAtoms(atoms);
  checkZone(timezone);
  checkTimes(cron);
  const target = await chooseTarget(access, asked.target);
  const order: ScheduledOrder = {
    ...{ schedule: name, target, atoms: atoms.length > 0 ? atoms : ["@world"], autoFinalize, acceptFailed },
  };
  const { ScheduleOverlapPolicy } = await import("@temporalio/client");
  const memo: ScheduleMemo = { cron, timezone };
  const client = await access.client();
  const handle = await client.schedule
    .create({
      scheduleId: SCHEDULE_PREFIX + name,
      spec: { cronExpressions: [cron], timezone },
      action: {
        type: "startWorkflow",
        workflowType: "startScheduledRun",
        // The engine adds the time.
        workflowId: `scheduled/${name}`,
        taskQueue: QUEUES.orchestrator,
        args: [order],
        staticSummary: `${name}: a run of ${target}`,
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUp },
      memo,
    })
    .catch((error: unknown) => Promise.reject(refusalOf(error, asked)));
  const view = await viewOf(client, await handle.describe());
  if (view.next.length > 0) return view;
  await handle.delete();
  throw usageError(`'${cron}' is a time that never comes`);
}

/** All schedules of the swarm, by name. */
export async function listSchedules(access: Access): Promise<ScheduleView[]> {
  const client = await access.client();
  const names = await scheduleNames(client);
  const views = await Promise.all(
    names.map(async (name) => {
      const described = await handleOf(client, name)
        .describe()
        // Removed meanwhile.
        .catch((error: unknown) => (isNotFound(error) ? null : Promise.reject(error)));
      return described && viewOf(client, described);
    }),
  );
  return views.filter((view) => view !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Nothing is started until it is resumed. Returns how it is then, like the next one. */
export async function pauseSchedule(access: Access, name: string, note?: string): Promise<ScheduleView> {
  return withSchedule(access, name, (handle) => handle.pause(note ? `${access.by}: ${note}` : `by ${access.by}`));
}

export async function resumeSchedule(access: Access, name: string): Promise<ScheduleView> {
  return withSchedule(access, name, (handle) => handle.unpause(`resumed by ${access.by}`));
}

export async function removeSchedule(access: Access, name: string): Promise<void> {
  const client = await access.client();
  await found(client, name, (handle) => handle.delete());
}

/** Starts what it would start, now. What became of it; `starting` where that takes longer. */
export async function triggerSchedule(access: Access, name: string): Promise<ScheduleAction> {
  const client = await access.client();
  return await found(client, name, async (handle) => {
    const { ScheduleOverlapPolicy } = await import("@temporalio/client");
    const started = (at: ScheduleDescription): string | undefined =>
      at.info.recentActions.at(-1)?.action.workflow.firstExecutionRunId;
    const before = started(await handle.describe());
    await handle.trigger(ScheduleOverlapPolicy.SKIP);
    const deadline = Date.now() + SEEN_WITHIN_MS;
    let action: ScheduleAction = { at: Date.now(), outcome: "starting", run: null, reason: null };
    while (action.outcome === "starting" && Date.now() < deadline) {
      const now = await handle.describe();
      const [last] = started(now) === before ? [] : await actionsOf(client, now, 1);
      action = last ?? action;
      if (action.outcome === "starting") await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return action;
  });
}

async function withSchedule(
  access: Access,
  name: string,
  act: (handle: ScheduleHandle) => Promise<void>,
): Promise<ScheduleView> {
  const client = await access.client();
  return await found(client, name, async (handle) => {
    await act(handle);
    return viewOf(client, await handle.describe());
  });
}

/** Does something with a schedule. UserError: it is not there, with the nearest that is. */
async function found<T>(client: Client, name: string, act: (handle: ScheduleHandle) => Promise<T>): Promise<T> {
  try {
    return await act(handleOf(client, name));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const names = await scheduleNames(client);
    const near = nearest(name, names);
    const hint = near === null ? ";" : `, did you mean '${near}'?`;
    throw new UnknownName(name, `unknown schedule '${name}'${hint} known: ${names.join(", ") || "none"}`);
  }
}

const handleOf = (client: Client, name: string): ScheduleHandle => client.schedule.getHandle(SCHEDULE_PREFIX + name);
const isNotFound = (error: unknown): boolean => error instanceof Error && error.name === "ScheduleNotFoundError";

async function scheduleNames(client: Client): Promise<string[]> {
  const names: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) {
    if (scheduleId.startsWith(SCHEDULE_PREFIX)) names.push(scheduleId.slice(SCHEDULE_PREFIX.length));
  }
  return names.sort();
}

async function viewOf(client: Client, described: ScheduleDescription): Promise<ScheduleView> {
  const { scheduleId, memo, action, policies, state, info } = described;
  const [order] = (action.type === "startWorkflow" ? (action.args ?? []) : []) as [ScheduledOrder?];
  const { target = "", atoms = [], autoFinalize = false, acceptFailed = false } = order ?? {};
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    name: scheduleId.slice(SCHEDULE_PREFIX.length),
    cron: text(memo?.cron),
    timezone: text(memo?.timezone) || "UTC",
    order: { target, atoms, autoFinalize, acceptFailed },
    catchUp: policies.catchupWindow,
    paused: state.paused,
    note: state.note || null,
    next: state.paused ? [] : info.nextActionTimes.slice(0, SHOWN).map((time) => time.getTime()),
    last: await actionsOf(client, described, SHOWN),
    missed: info.numActionsMissedCatchupWindow,
  };
}

/** What became of the last times, newest first. */
async function actionsOf(client: Client, { info }: ScheduleDescription, most: number): Promise<ScheduleAction[]> {
  const last = info.recentActions.slice(-most).reverse();
  return await Promise.all(
    last.map(async ({ scheduledAt, action }): Promise<ScheduleAction> => {
      const { workflowId, firstExecutionRunId } = action.workflow;
      const at = scheduledAt.getTime();
      const handle = client.workflow.getHandle(workflowId, firstExecutionRunId);
      try {
        if ((await handle.describe()).status.name === "RUNNING") {
          return { at, outcome: "starting", run: null, reason: null };
        }
        const result = (await handle.result()) as ScheduledOutcome;
        return result.outcome === "started"
          ? { at, outcome: "started", run: result.run, reason: null }
          : { at, outcome: "skipped", run: null, reason: result.reason };
      } catch (error) {
        if (error instanceof Error && error.name === "WorkflowNotFoundError") {
          return { at, outcome: "forgotten", run: null, reason: "the engine does not keep it any more" };
        }
        if (!(error instanceof Error) || error.name !== "WorkflowFailedError") throw error;
        return { at, outcome: "failed", run: null, reason: rootOf(error) };
      }
    }),
  );
}

/** Why the engine did not make a schedule, in our words where a person can mend it. */
function refusalOf(error: unknown, { name, cron }: NewSchedule): unknown {
  if (error instanceof Error && error.name === "ScheduleAlreadyRunning") {
    return new UserError(`there is a schedule ${name} already. Take it away first: swarm schedule remove ${name}`);
  }
  // So the client says that the times are wrong.
  if (!(error instanceof TypeError)) return error;
  return usageError(`'${cron}' is no time that can be scheduled: ${error.message}. ${CRONTAB}`);
}

/** The engine takes a zone, seconds and whatever interval too. */
function checkTimes(cron: string): void {
  const [times = ""] = cron.trim().split("#");
  if (/^(CRON_)?TZ=/.test(times)) throw usageError(`'${cron}': name the time zone with --timezone`);
  const isTooOften = times.startsWith("@every")
    ? !/^@every\s+(\d+[dhm])+(\/\S+)?\s*$/.test(times)
    : times.trim().split(/\s+/).length > 6;
  if (isTooOften) throw usageError(`'${cron}': a run begins once a minute at most. ${CRONTAB}; or @every 90m`);
}

function checkZone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    // `+01:00` is no zone with a name, and the engine does not know it.
    if (!/^[+-]/.test(timezone)) return;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const near = nearest(timezone, Intl.supportedValuesOf("timeZone"));
  const hint = near === null ? "" : ` Did you mean ${near}?`;
  throw usageError(`'${timezone}' is no time zone: give a name like Europe/Vienna or UTC.${hint}`);
}
