import type { LogKey } from "../../model/logs.ts";
import { targetOfRun } from "../../model/names.ts";
import type { PackageView, RunView } from "../../model/run.ts";
import { readRun } from "../../operations/readModel.ts";
import type { Services } from "../services.ts";

/** The end of a log comes within a second of its attempt's, unless the way from its drone is broken. ms */
const LATE_MS = 20_000;

/** Why nothing more will come of an attempt's log; null: it may, or nobody can tell just now. */
export async function logFate({ watchers, access }: Services, key: LogKey): Promise<string | null> {
  const shown = await watchers.live(undefined).catch(() => null);
  if (!shown || shown.stale !== null) return null;
  const { run, others } = shown.reading;
  const target =
    run?.run === key.run ? run.target : (others.find((other) => other.run === key.run)?.target ?? targetOfRun(key.run));
  if (target === null) return `${key.run} is not in progress`;
  const live = await watchers.live(target).catch(() => shown);
  const view = live.reading.run;
  if (live.stale !== null) return null;
  if (view?.run !== key.run) {
    // One that has begun just now was not seen yet.
    const { run: latest, runProblem } = await readRun(await access.client(), target);
    const mayBegin = runProblem !== null || (latest?.run === key.run && latest.endedAt === null);
    return mayBegin ? null : `${key.run} is not in progress`;
  }
  // Packages are asked for a moment after the run.
  return fateIn(view, live.revision === null || view.plan === null ? null : live.packages, key);
}

function fateIn(view: RunView, packages: readonly PackageView[] | null, { cpv, attempt }: LogKey): string | null {
  const isOver = view.endedAt !== null;
  const over = `${view.run} is over`;
  if (packages === null) return isOver ? over : null;
  const found = packages.find((each) => each.cpv === cpv);
  if (!found) return `${view.run} does not build ${cpv}`;
  const its = found.attempts.find((each) => each.attempt === attempt);
  if (its) {
    const endedAt = its.endedAt ?? view.endedAt;
    if (endedAt === null || Date.now() - endedAt < LATE_MS) return null;
    return `attempt ${attempt} of ${cpv} is over, and the end of its log has not come from ${its.drone}`;
  }
  if (isOver) return `${over}: there was no attempt ${attempt} of ${cpv}`;
  const last = found.attempts.at(-1)?.attempt ?? 0;
  if (found.state === "received")
    return `${cpv} is received, after ${last} of its attempts: there is no attempt ${attempt}`;
  return null;
}
