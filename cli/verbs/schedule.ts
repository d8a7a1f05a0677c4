import { InvalidArgumentError } from "commander";
import { duration } from "../../model/words.ts";
import {
  addSchedule,
  listSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  triggerSchedule,
} from "../../operations/schedules.ts";
import { gatherAtoms } from "../atoms.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { plainText } from "../plainText.ts";
import { scheduleLines, scheduleList } from "../screens/schedules.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

interface AddOptions {
  cron: string;
  timezone?: string;
  target?: string;
  atoms: string[];
  autoFinalize?: boolean;
  acceptFailed?: boolean;
  catchUp: number;
}

/** `swarm schedule [list|add|pause|resume|trigger|remove]` */
export const register: RegisterVerb = (command, context) => {
  command
    .command("list", { isDefault: true })
    .description("all schedules, their next times and what became of the last (the default)")
    .action(async () => {
      const schedules = await listSchedules(context());
      if (context().json) context().printJson(schedules);
      else context().print(scheduleList(schedules, context().paint));
    });
  targetOption(command.command("add <name>").description("start a run regularly"))
    .requiredOption("--cron <times>", "minute, hour, day of month, month, day of week, as in a crontab")
    .option("--timezone <zone>", `the zone that these are in (default: this machine's, ${ownZone()})`)
    .option("--atoms <atoms>", "update these instead of @world; separated by commas, or given again", gatherAtoms, [])
    .option("--auto-finalize", "publish by itself when everything was built")
    .option("--accept-failed", "with --auto-finalize: publish also when packages failed")
    .option("--catch-up <time>", "make up for what was missed for less than this, e.g. 30m, 12h, 2d", span, 3_600_000)
    .action((name: string, options: AddOptions) => add(context(), name, options));
  command
    .command("pause <name>")
    .description("start nothing by it until it is resumed")
    .option("--note <text>", "why", plainText)
    .action(async (name: string, { note }: { note?: string }) => {
      const view = await pauseSchedule(context(), name, note);
      if (context().json) context().printJson(view);
      else context().print(`✓ ${name} is paused. Go on: swarm schedule resume ${name}`);
    });
  command
    .command("resume <name>")
    .description("end a pause")
    .action(async (name: string) => {
      const view = await resumeSchedule(context(), name);
      if (context().json) context().printJson(view);
      else context().print([`✓ ${name} goes on.`, ...scheduleLines(view, context().paint)]);
    });
  command
    .command("trigger <name>")
    .description("start its run now")
    .action((name: string) => trigger(context(), name));
  command
    .command("remove <name>")
    .description("take it away; a run that it has started goes on")
    .action(async (name: string) => {
      await removeSchedule(context(), name);
      if (context().json) context().printJson({ removed: name });
      else context().print(`✓ ${name} is removed`);
    });
  examples(command, [
    ["swarm schedule list", "the schedules; the same as: swarm schedule"],
    ['swarm schedule add nightly --cron "0 2 * * *" --timezone Europe/Vienna', "a run each night at two"],
    [
      'swarm schedule add weekly --cron "0 2 * * 6" --auto-finalize --catch-up 12h',
      "on Saturdays, published by itself",
    ],
    ['swarm schedule pause nightly --note "the machines move"', "nothing is started until it is resumed"],
    ["swarm schedule resume nightly", "it goes on"],
    ["swarm schedule trigger nightly", "now, beside its times"],
    ["swarm schedule remove nightly", "never again"],
  ]);
};

async function add(context: Context, name: string, options: AddOptions): Promise<void> {
  const { cron, target, atoms, autoFinalize = false, acceptFailed = false, catchUp } = options;
  const timezone = options.timezone ?? ownZone();
  const view = await addSchedule(context, {
    ...{ name, cron, timezone, atoms, autoFinalize, acceptFailed, catchUp },
    ...(target === undefined ? {} : { target }),
  });
  if (context.json) return context.printJson(view);
  context.print([`${context.paint("good", "✓")} ${name} is scheduled.`, ...scheduleLines(view, context.paint)]);
  if (options.timezone === undefined) {
    context.note(`The times are in this machine's zone, ${timezone}; another: --timezone ZONE`);
  }
}

async function trigger(context: Context, name: string): Promise<void> {
  const action = await triggerSchedule(context, name);
  const { outcome, run, reason } = action;
  if (outcome !== "started" && outcome !== "starting") context.exitCode = 1;
  if (context.json) return context.printJson(action);
  const { paint } = context;
  if (outcome === "started") context.print([`${paint("good", "✓")} ${run} has started.`, "  → Look: swarm status"]);
  else if (outcome === "starting") context.print("It is being started. Look: swarm schedule list");
  else context.print(`${paint("bad", "✗")} ${outcome}: ${reason}`);
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The engine keeps at least ten seconds; a year is more than anybody needs. */
function span(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,6})(s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(number) * ({ s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 0);
  if (ms < 10_000 || ms > 365 * 86_400_000) {
    throw new InvalidArgumentError(`It must be a time from ${duration(10_000)} to 365d, like 30m, 12h or 2d.`);
  }
  return ms;
}
