import type { ScheduleAction, ScheduleView } from "../../model/schedules.ts";
import { count, duration, zonedTime } from "../../model/words.ts";
import type { Paint, Style } from "../paint.ts";
import { label, title } from "./parts.ts";

/** `swarm schedule list` */
export function scheduleList(schedules: readonly ScheduleView[], paint: Paint): string[] {
  if (schedules.length === 0) return ['There is no schedule. Add one: swarm schedule add nightly --cron "0 2 * * *"'];
  return schedules.flatMap((each, index) => [
    ...(index === 0 ? [] : [""]),
    title(each.name, paint),
    ...scheduleLines(each, paint),
  ]);
}

/** One schedule, without its name. */
export function scheduleLines(schedule: ScheduleView, paint: Paint): string[] {
  const { cron, timezone, order, catchUp, paused, note, next, last, missed } = schedule;
  const finalize = order.autoFinalize
    ? `, finalized by itself${order.acceptFailed ? ", failed packages accepted" : ""}`
    : "";
  const by = note === null ? "" : ` (${note})`;
  const times = paused ? [paint("warn", `paused${by}`)] : next.map((time) => zonedTime(time, timezone));
  return [
    `${label("Times")}${cron}   ${timezone}`,
    `${label("Run")}${order.target}: ${order.atoms.join(" ")}${finalize}`,
    ...column("Next", times),
    `${label("Missed")}made up for within ${duration(catchUp)}; left out while a run of ${order.target} is in progress`,
    ...(missed > 0
      ? [`${" ".repeat(label("").length)}${paint("warn", `${count(missed, "time")} were too old to be made up for`)}`]
      : []),
    ...column(
      "Last",
      last.map((action) => lastLine(action, timezone, paint)),
    ),
  ];
}

/** Lines under one label. */
function column(name: string, lines: readonly string[]): string[] {
  const first = label(name);
  return lines.map((line, index) => (index === 0 ? first : " ".repeat(first.length)) + line);
}

const STYLES: Record<ScheduleAction["outcome"], Style> = {
  starting: "name",
  started: "good",
  skipped: "warn",
  failed: "bad",
  forgotten: "faint",
};

function lastLine({ at, outcome, run, reason }: ScheduleAction, timezone: string, paint: Paint): string {
  const rest = run ?? reason;
  return `${zonedTime(at, timezone)}   ${paint(STYLES[outcome], rest === null ? outcome : `${outcome}: ${rest}`)}`;
}
