import {
  CancellationScope,
  condition,
  continueAsNew,
  type ExternalWorkflowHandle,
  workflowInfo,
} from "@temporalio/workflow";
import type { BinhostActivities } from "../model/activities.ts";
import type { RunStep } from "../model/run.ts";
import { unsubscribeSignal, type WorldUpdateInput, type WorldUpdateResult } from "./messages.ts";
import type { Decisions } from "./operators.ts";
import { handOver } from "./queued.ts";
import type { RunState, SavedRun } from "./states/run.ts";

/** So long nothing may happen before a run continues as new: about what that takes at 20,000 packages. */
const QUIET = "300ms";
/** After so long it tries without. ms */
const PATIENCE_MS = 10_000;

/** What a run that continues as new adds to its state. Runs of versions that did not know it have none. */
export interface Continued {
  /** Its children return their success, to whom it may concern. */
  childrenReturn: true;
}

type NextExecution = (input: WorldUpdateInput, saved: SavedRun, continued: Continued) => Promise<WorldUpdateResult>;

/** What the end of a run, or of one of its executions, needs. */
export interface Ending {
  input: WorldUpdateInput;
  state: RunState;
  decisions: Decisions;
  fleet: ExternalWorkflowHandle;
  binhost: Pick<BinhostActivities, "publish">;
  step: (name: RunStep, reason?: string | null) => void;
  /** Nothing is under way that would be lost with this execution. */
  isSettled: () => boolean;
}

/** Makes visible what was built, and ends the run. */
export async function publish(ending: Ending): Promise<WorldUpdateResult> {
  const { input, state, decisions, binhost } = ending;
  const published = await binhost.publish({
    target: input.target,
    run: input.run,
    tree: state.head.tree ?? "",
    bundle: state.head.bundle ?? "",
    createdAt: new Date(state.head.stepSince).toISOString(),
  });
  decisions.published = published;
  state.published(published.snapshot);
  return await end(ending, "published", "done");
}

/** Ends the run: the fleet tells it nothing more, and what was queued is handed over. */
export async function end(
  { input, state, fleet, step, isSettled }: Ending,
  outcome: WorldUpdateResult["outcome"],
  last: RunStep,
  reason: string | null = null,
): Promise<WorldUpdateResult> {
  return await CancellationScope.nonCancellable(async () => {
    step(
      last,
      reason ?? (outcome === "nothing-to-build" ? "everything that the target needs is published already" : null),
    );
    await fleet.signal(unsubscribeSignal, { workflowId: workflowInfo().workflowId }).catch(() => {});
    await handOver(input, state.orders, isSettled);
    return { run: input.run, outcome, snapshot: state.head.snapshot, view: state.view(Date.now()) };
  });
}

/** How a run whose history is long enough goes on in another execution. */
export class Leaving {
  readonly #run: Pick<Ending, "input" | "state" | "isSettled">;
  readonly #hasNews: () => boolean;
  #since: number | null = null;

  /** @param hasNews something has changed since the run was last looked at */
  constructor(run: Pick<Ending, "input" | "state" | "isSettled">, hasNews: () => boolean) {
    this.#run = run;
    this.#hasNews = hasNews;
  }

  /**
   * Continues as new, or returns when something has changed. Whatever arrives while the engine takes the run's state over
   * makes that fail and the whole history be replayed, for ever where builds end faster than that: so nothing new was
   * started, and it waits until nothing happens. A finalize that comes meanwhile waits for the publish: it must be let through.
   */
  async leave(): Promise<void> {
    const { input, state, isSettled } = this.#run;
    this.#since ??= Date.now();
    if (Date.now() - this.#since < PATIENCE_MS && (await condition(this.#hasNews, QUIET))) return;
    await condition(() => this.#hasNews() || isSettled());
    if (this.#hasNews()) return;
    await continueAsNew<NextExecution>(input, state.save(Date.now()), { childrenReturn: true });
  }
}
