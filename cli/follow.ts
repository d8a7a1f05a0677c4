import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@temporalio/client";
import { messageOf } from "../model/errors.ts";
import type { PackageView, RunView } from "../model/run.ts";
import { read, readRun } from "../operations/readModel.ts";
import { packagesQuery, worldUpdateId } from "../workflows/messages.ts";
import type { Context } from "./context.ts";
import { LiveBlock } from "./live.ts";
import { packageEvents, runEvents } from "./screens/events.ts";
import { statusScreen } from "./screens/status.ts";

/** Between two looks at a run. ms */
const PAUSE_MS = 500;
/** So long the engine may take to say how a run is. ms */
const ANSWER_WITHIN_MS = 5_000;
/** Events below the table of a terminal. */
const LAST_EVENTS = 6;

/** Where following ended: `detached` by Ctrl-C. */
export interface Followed {
  end: "gate" | "over" | "detached";
  /** The last view; null where there never was one. */
  view: RunView | null;
}

/**
 * Shows a run as it goes until it waits for the operator, is over, or the operator presses Ctrl-C: in place on a terminal, a
 * line per event elsewhere (to stderr with --json). An engine that is away is waited for.
 * @param milestones gives lines that stay on the screen, from every view
 */
export async function follow(
  context: Context,
  { target, run }: { target: string; run: string },
  milestones: (view: RunView) => string[] = () => [],
): Promise<Followed> {
  const leave = new AbortController();
  const onInterrupt = (): void => leave.abort();
  process.once("SIGINT", onInterrupt);
  const display = context.terminal ? new Terminal(context, target) : new Lines(context);
  let view: RunView | null = null;
  let packages: PackageView[] = [];
  try {
    while (!leave.signal.aborted) {
      // Asked for each time: an engine may come back at another address.
      const client = await context.client().catch((error: unknown) => messageOf(error));
      const now = typeof client === "string" ? { run: null, runProblem: client } : await look(client, target);
      // The query may still be answered by the run before this one.
      if (now.run?.run === run) {
        display.keep(milestones(now.run));
        const before = view;
        view = now.run;
        const was = packages;
        if (isNews(before, view)) packages = await readPackages(context, target, packages);
        await display.show([...runEvents(before, view, context.paint), ...packageEvents(was, packages, context.paint)]);
        if (view.step === "gate" && !finalizesItself(view)) return { end: "gate", view };
        if (view.endedAt !== null) return { end: "over", view };
      } else if (now.runProblem !== null) {
        display.trouble(now.runProblem);
      }
      await sleep(PAUSE_MS, undefined, { signal: leave.signal }).catch(() => {});
    }
    return { end: "detached", view };
  } finally {
    process.off("SIGINT", onInterrupt);
    display.end();
  }
}

/** The run as it is; an engine that has gone is soon asked for anew. */
function look(client: Client, target: string): ReturnType<typeof readRun> {
  return client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => readRun(client, target));
}

function isNews(before: RunView | null, now: RunView): boolean {
  const building = (view: RunView): unknown => view.drones.map((drone) => drone.building);
  return JSON.stringify([before?.counts, before && building(before)]) !== JSON.stringify([now.counts, building(now)]);
}

/** With failed packages and without --accept-failed even an automatic finalize waits for the operator. */
function finalizesItself({ options, counts }: RunView): boolean {
  if (!options.autoFinalize || counts.received === 0) return false;
  return options.acceptFailed || counts.failed + counts.skipped === 0;
}

/** The packages of a run; what was known before where nobody answers, or the answer is too big for the engine. */
async function readPackages(context: Context, target: string, before: PackageView[]): Promise<PackageView[]> {
  return context
    .client()
    .then((client) => client.workflow.getHandle(worldUpdateId(target)).query(packagesQuery))
    .catch(() => before);
}

class Lines {
  readonly #write: (text: string) => void;
  #trouble = "";

  constructor(context: Context) {
    this.#write = context.json ? (text) => context.note(text) : (text) => context.print(text);
  }

  keep(lines: string[]): void {
    for (const line of lines) this.#write(line);
  }

  async show(events: string[]): Promise<void> {
    this.#trouble = "";
    for (const event of events) this.#write(event);
  }

  trouble(problem: string): void {
    if (problem !== this.#trouble) this.#write(`${problem}; trying again`);
    this.#trouble = problem;
  }

  end(): void {}
}

const hasLines = (event: string): boolean => event.includes("\n");

class Terminal {
  readonly #context: Context;
  readonly #target: string;
  readonly #block: LiveBlock;
  #events: string[] = [];
  #screen: string[] = [];

  constructor(context: Context, target: string) {
    this.#context = context;
    this.#target = target;
    this.#block = new LiveBlock(context.around.stdout);
  }

  keep(lines: string[]): void {
    if (lines.length === 0) return;
    this.#block.clear();
    this.#context.print(lines);
  }

  async show(events: string[]): Promise<void> {
    // What has several lines stays above the table.
    for (const event of events.filter(hasLines)) this.keep([event]);
    const short = events.filter((event) => !hasLines(event));
    this.#events = [...this.#events, ...short].slice(-LAST_EVENTS);
    this.#screen = statusScreen(await read(this.#context, this.#target), this.#context.paint, { nextAction: false });
    this.#draw();
  }

  trouble(problem: string): void {
    this.#draw(this.#context.paint("bad", `${problem}; trying again`));
  }

  end(): void {
    this.#block.clear();
  }

  #draw(...more: string[]): void {
    const help = this.#context.paint("faint", "Ctrl-C leaves; the run goes on.");
    this.#block.draw([...this.#screen, "", ...this.#events, ...more, help]);
  }
}
