import { UserError } from "../../model/errors.ts";
import { RUN_EVENT_KINDS, type RunEvent, type RunEventKind } from "../../model/events.ts";
import { noRun } from "../../operations/packages.ts";
import { listRuns } from "../../operations/runs.ts";
import { chooseRun } from "../../operations/targets.ts";
import { readEvents } from "../../watch/eventLog.ts";
import { followRun } from "../../watch/follower.ts";
import { worldUpdateId } from "../../workflows/messages.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { eventLine } from "../screens/eventLine.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

interface Options {
  target?: string;
  run?: string;
  kind?: RunEventKind[];
  follow?: boolean;
}

/** `swarm events` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--run <id>", "a run before the last one, while the engine keeps it: see swarm runs")
    .option("-f, --follow", "go on until the run ends")
    .addOption(command.createOption("--kind <kinds...>", "only these kinds of events").choices(RUN_EVENT_KINDS))
    .action((options: Options) => showEvents(context(), options));
  examples(command, [
    ["swarm events", "what happened in the run in progress, or the last one"],
    ["swarm events -f --kind failed reassigned operator", "as it happens, without what goes well"],
  ]);
};

async function showEvents(context: Context, { run, target: given, kind, follow }: Options): Promise<void> {
  const client = await context.client();
  const { target, execution } =
    run === undefined
      ? { target: await chooseRun(context, given), execution: null }
      : await executionOf(context, run, given);
  const isWanted = (event: RunEvent): boolean => kind?.includes(event.kind) ?? true;
  if (follow) return followEvents(context, target, execution, isWanted);
  const events = await readEvents(client, worldUpdateId(target), execution);
  if (events.length === 0) throw noRun(target);
  const wanted = events.filter(isWanted);
  if (context.json) context.printJson(wanted);
  else context.print(wanted.length > 0 ? wanted.map((event) => eventLine(event, context.paint)) : "No such event.");
}

/** Prints events until the run ends or somebody presses Ctrl-C; with --json one JSON value a line. */
async function followEvents(
  context: Context,
  target: string,
  execution: string | null,
  isWanted: (event: RunEvent) => boolean,
): Promise<void> {
  const leave = new AbortController();
  const onInterrupt = (): void => leave.abort();
  process.once("SIGINT", onInterrupt);
  const print = (events: readonly RunEvent[]): void => {
    for (const event of events.filter(isWanted)) {
      context.print(context.json ? JSON.stringify(event) : eventLine(event, context.paint));
    }
  };
  try {
    const workflow = { workflowId: worldUpdateId(target), runId: execution };
    await followRun(() => context.client(), workflow, leave.signal, print);
    if (leave.signal.aborted) context.note("Left. The run goes on: swarm status");
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

/** The target of a run, and the engine's id of its last execution. */
async function executionOf(
  context: Context,
  run: string,
  given: string | undefined,
): Promise<{ target: string; execution: string }> {
  const runs = await listRuns(await context.client(), 1000);
  const found = runs.find((each) => each.run === run && (given === undefined || each.target === given));
  if (!found)
    throw new UserError(`the engine knows no run ${run}${given ? ` of ${given}` : ""}. Those it knows: swarm runs`);
  return { target: found.target, execution: found.executionId };
}
