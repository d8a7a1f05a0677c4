import { ALERT_RULES, type Alert, type AlertRule, type Observation, type ObservedRun } from "../../model/alerts.ts";
import { isRunOf } from "../../model/names.ts";
import { isOver } from "../../model/run.ts";
import { bytes, count } from "../../model/words.ts";

/** Something that is wrong now. */
export type Condition = Omit<Alert, "since" | "endedAt">;

/** What the rules need beside what is observed. Times are ms since the epoch. */
export interface Memory {
  /** Since when the swarm is watched. */
  watchedSince: number;
  /** The newest start of a run that was ever seen. */
  lastRunAt: number | null;
  /** What was wrong before. */
  before: readonly Condition[];
}

export interface Verdict {
  conditions: Condition[];
  /** When the same observation will be judged in another way; null: never. ms since the epoch */
  until: number | null;
}

/** A condition that begins at some time, if nothing changes. */
interface Coming {
  from: number;
  make: () => Condition;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** While a disk is low, how much is free is told anew so often. */
const DISK_MS = 10 * MINUTE_MS;

/** Applies the rules. */
export function judge(observation: Observation, memory: Memory): Verdict {
  const { at, runs } = observation;
  const coming = [...runs.flatMap((run) => longPause(run, observation)), ...longWait(observation, memory)];
  const disks = diskConditions(observation, memory.before);
  const later = disks.length > 0 ? [at + DISK_MS] : [];
  const times = [...later, ...coming.flatMap(({ from }) => (from > at ? [from] : []))];
  return {
    conditions: [
      ...droneConditions(observation),
      ...disks,
      ...runs.flatMap((run) => runConditions(run, observation)),
      ...forgottenFailures(observation, memory.before),
      ...coming.flatMap(({ from, make }) => (from <= at ? [make()] : [])),
    ],
    until: times.length === 0 ? null : Math.min(...times),
  };
}

/** A time, not how long ago it was: a text stays true as long as its alert lasts. */
const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

function condition(
  rule: AlertRule,
  subject: string,
  title: string,
  text: string,
  command: string | null = null,
): Condition {
  return { key: `${rule}: ${subject}`, rule, subject, severity: ALERT_RULES[rule], title, text, command };
}

function droneConditions({ drones, disks, rules }: Observation): Condition[] {
  return drones.flatMap(({ name, state, grounded }) => {
    if (state === "lost") {
      const text = "It does not answer any more. What it was building goes to others.";
      return rules.droneLost ? [condition("drone-lost", name, `drone ${name} is lost`, text, "swarm drones")] : [];
    }
    // That it has no disk left is another alert's to say.
    const isTold = rules.lowDiskGib > 0 && disks.some((disk) => disk.name === `drone ${name}` && disk.level === "low");
    const isHere = state === "online" || state === "suspect";
    if (!isHere || grounded === null || !rules.droneGrounded || isTold) return [];
    return [condition("drone-grounded", name, `drone ${name} gets no work`, grounded, "swarm drones")];
  });
}

function diskConditions({ disks, rules }: Observation, before: readonly Condition[]): Condition[] {
  if (rules.lowDiskGib === 0) return [];
  const lasting = before.filter(({ rule }) => rule === "low-disk");
  const seen = disks.flatMap(({ name, freeBytes, level }) => {
    const known = lasting.find(({ subject }) => subject === name);
    if (level === "fine" || (level === "near" && known === undefined)) return [];
    const text = `${bytes(freeBytes)} free: ${level === "low" ? "less" : "hardly more"} than ${rules.lowDiskGib} GiB.`;
    const command = name.startsWith("drone ") ? "swarm drones" : "swarm snapshots prune";
    return [condition("low-disk", name, `${name} is low on disk`, text, command)];
  });
  // Only orchestrators on the binhost's machine see its disk: what one of them saw lasts until one sees it again.
  const isBinhost = (name: string): boolean => name.startsWith("binhost ");
  const unseen = disks.some(({ name }) => isBinhost(name)) ? [] : lasting.filter(({ subject }) => isBinhost(subject));
  return [...seen, ...unseen];
}

function runConditions(view: ObservedRun, { rules }: Observation): Condition[] {
  const { run, target, step, failed, stalled, publishProblem } = view;
  const found: Condition[] = [];
  const on = `--target ${target}`;
  if (rules.waitsForFinalize && step === "gate") {
    const text = `${count(view.received, "package")} built, ${view.failedCount} failed.`;
    found.push(condition("waits-for-finalize", run, `${run} waits for finalize`, text, `swarm finalize ${on}`));
  }
  if (rules.nothingStartsMinutes > 0 && stalled) {
    const text = `${count(stalled.ready, "package")} could start, and nothing was started since ${utc(stalled.since)}.`;
    found.push(condition("nothing-starts", run, `${run} starts nothing`, text, `swarm status ${on}`));
  }
  if (rules.publishFailed && publishProblem !== null) {
    const text = `It is tried again. ${publishProblem}`;
    found.push(condition("publish-failed", run, `${run} cannot be published`, text, `swarm status ${on}`));
  }
  if (rules.runFailed && step === "failed") {
    const text = view.reason ?? "No reason was recorded.";
    found.push(condition("run-failed", run, `${run} failed`, text, `swarm status ${on}`));
  }
  if (rules.packageFailed && !isOver(step)) {
    for (const { cpv, message } of failed) {
      const command = `swarm logs ${cpv} ${on}`;
      found.push(condition("package-failed", `${cpv} of ${run}`, `${cpv} failed in ${run}`, message, command));
    }
  }
  return found;
}

function longPause({ run, target, paused, left }: ObservedRun, { rules }: Observation): Coming[] {
  if (paused === null || left === 0 || rules.pausedMinutes === 0) return [];
  const title = `${run} is paused with ${count(left, "package")} left`;
  const make = (): Condition => {
    const text = `By ${paused.by}, since ${utc(paused.since)}: ${paused.reason}`;
    return condition("run-paused", run, title, text, `swarm resume --target ${target}`);
  };
  return [{ from: paused.since + rules.pausedMinutes * MINUTE_MS, make }];
}

function longWait({ rules, runs }: Observation, { watchedSince, lastRunAt }: Memory): Coming[] {
  if (rules.noRunDays === 0 || runs.some(({ step }) => !isOver(step))) return [];
  const make = (): Condition => {
    const text = lastRunAt === null ? "None is known at all." : `The last one began ${utc(lastRunAt)}.`;
    return condition("no-run", "the swarm", "no run was started for days", text, "swarm run-update");
  };
  return [{ from: (lastRunAt ?? watchedSince) + rules.noRunDays * DAY_MS, make }];
}

/** The engine forgets runs after a while. That one failed lasts until another one of its target is there. */
function forgottenFailures({ runs, rules }: Observation, before: readonly Condition[]): Condition[] {
  return before.filter(
    ({ rule, subject }) =>
      rules.runFailed && rule === "run-failed" && !runs.some(({ target }) => isRunOf(target, subject)),
  );
}
