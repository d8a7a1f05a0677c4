import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from "@temporalio/workflow";
import { type OrchestratorActivities, QUEUES } from "../model/activities.ts";
import type { RunStep } from "../model/run.ts";
import { AppetiteTeller } from "./appetite.ts";
import { balance } from "./balance.ts";
import { DRONE_VIEWS, PACKAGE_REPORT, taking } from "./betweenWorkflows.ts";
import { changesOf } from "./changes.ts";
import { Children } from "./children.ts";
import { runDetails } from "./details.ts";
import { sentenceOf } from "./failures.ts";
import {
  changesQuery,
  FLEET_ID,
  fleetChangedSignal,
  type PackageReport,
  packageReportSignal,
  packagesQuery,
  runQuery,
  subscribeSignal,
  type WorldUpdateInput,
  type WorldUpdateResult,
  whyQuery,
} from "./messages.ts";
import { type Decisions, handleOperators } from "./operators.ts";
import { binhostOf, prepare, syncRequest } from "./prepare.ts";
import { type Continued, type Ending, end, Leaving, publish } from "./runEnd.ts";
import type { Relocation } from "./states/builds.ts";
import { RunState, type SavedRun } from "./states/run.ts";
import { StrikeTeller } from "./strikes.ts";
import { verifyJoiner } from "./verify.ts";

const { lookAhead } = proxyActivities<OrchestratorActivities>({
  taskQueue: QUEUES.orchestrator,
  startToCloseTimeout: "5m",
  heartbeatTimeout: "15s",
  retry: { maximumAttempts: 2 },
  summary: "run the scheduler forward",
});

/** How often a run looks whether what holds it up would be done sooner elsewhere, if nothing happens meanwhile. */
const TAIL_LOOK = "2m";

/**
 * One world update of one target: sync -> verify -> resolve -> build -> gate -> publish. Thin: what happens next is decided
 * by RunState; this function only listens, asks and does.
 */
export async function worldUpdate(
  input: WorldUpdateInput,
  saved?: SavedRun,
  continued?: Continued,
): Promise<WorldUpdateResult> {
  const { options } = input;
  const state = new RunState(
    saved ?? {
      run: input.run,
      target: input.target,
      now: Date.now(),
      options: { autoFinalize: options.autoFinalize, acceptFailed: options.acceptFailed },
    },
    input.limits,
  );
  let changed = true;
  const decisions: Decisions = { finalizing: null, published: null, cancelledBy: null };
  const joining = new Set<string>();
  let looking = false;
  /** What an operator's cancel interrupts. */
  const work = new CancellationScope();
  const self = workflowInfo().workflowId;
  const fleetHandle = getExternalWorkflowHandle(FLEET_ID);
  const children = new Children(input, state, take);
  const appetite = new AppetiteTeller(fleetHandle, self, state);
  const strikes = new StrikeTeller(fleetHandle);
  const binhost = binhostOf(input);
  const ending: Ending = { ...{ input, state, decisions, binhost, step, isSettled }, fleet: fleetHandle };
  const leaving = new Leaving(ending, () => changed);

  setHandler(runQuery, () => state.view(Date.now()));
  setHandler(packagesQuery, () => state.packages());
  setHandler(changesQuery, (since) => changesOf(state, since));
  setHandler(whyQuery, (names) => state.why(names, Date.now()));
  setHandler(
    fleetChangedSignal,
    taking(DRONE_VIEWS, (views) => {
      state.drones.update(views);
      appetite.tell();
      changed = true;
    }),
  );
  setHandler(packageReportSignal, taking(PACKAGE_REPORT, take));
  const wake = (): void => {
    changed = true;
  };
  handleOperators({
    ...{ state, decisions, wake, interrupt: () => work.cancel() },
    balance: () =>
      balance(
        state,
        (build) => children.orderOf(build),
        relocate,
        () => decisions.cancelledBy !== null || decisions.finalizing !== null,
      ),
  });

  try {
    return await work.run(async () => {
      await subscribe();
      const early = saved ? null : await prepare({ input, state, binhost, step });
      if (early) return await end(ending, early, "done");
      if (continued) for (const delegation of state.delegations()) children.resume(delegation);
      void watchTail().catch(() => {});
      await buildUntilGate();
      return await CancellationScope.nonCancellable(() => {
        appetite.tell();
        return publish(ending);
      });
    });
  } catch (error) {
    if (isCancellation(error)) {
      return await CancellationScope.nonCancellable(async () => {
        await children.cancelAll();
        return await end(ending, "cancelled", "cancelled", `cancelled by ${decisions.cancelledBy ?? "the engine"}`);
      });
    }
    if (error instanceof ApplicationFailure || error instanceof ActivityFailure) {
      const reason = sentenceOf(error);
      if (state.delegations().length > 0) await CancellationScope.nonCancellable(() => children.cancelAll());
      await end(ending, "cancelled", "failed", reason);
      throw ApplicationFailure.nonRetryable(reason, "RunStopped");
    }
    throw error;
  }

  async function subscribe(): Promise<void> {
    try {
      await fleetHandle.signal(subscribeSignal, { workflowId: self, builds: appetite.said });
    } catch (error) {
      // Where the fleet is gone no run begins; one that builds goes on with the drones that it knows.
      if (!saved || isCancellation(error)) throw error;
    }
  }

  /** A fleet that was begun anew knows of no run: it is told now and then, which changes nothing for one that knows. */
  function renewSubscription(): void {
    if (!patched("renewed-subscriptions")) return;
    fleetHandle
      .signal(subscribeSignal, { workflowId: self, builds: appetite.said, renews: true })
      // It is gone: another one may be there the next time.
      .catch(() => {});
  }

  /** Builds, and waits at the gate, until a finalize is taken. */
  async function buildUntilGate(): Promise<void> {
    step(state.head.step === "gate" ? "gate" : "build");
    for (;;) {
      changed = false;
      join();
      const isFull = isLeaving();
      const { delegations, wakeAt } = isFull ? { delegations: [], wakeAt: null } : state.start(Date.now());
      for (const delegation of delegations) children.start(delegation);
      if (!isFull) {
        for (const relocation of state.relieve(Date.now())) relocate(relocation);
        look();
      }
      if (state.isSettled()) {
        if (state.head.step === "build") step("gate", "waits for finalize");
        if (
          options.autoFinalize &&
          decisions.finalizing === null &&
          state.finalizeRefusal(options.acceptFailed) === null
        ) {
          decisions.finalizing = { acceptFailed: options.acceptFailed, by: input.startedBy };
        }
      } else if (state.head.step === "gate") {
        step("build");
        renewSubscription();
      }
      // After the step is what it is: at the gate a run wants nothing.
      if (!isFull) appetite.tell();
      if (decisions.finalizing !== null) {
        state.note(`finalize by ${decisions.finalizing.by}`, Date.now());
        step("publish");
        return;
      }
      setCurrentDetails(runDetails(state));
      if (isFull) {
        await leaving.leave();
        continue;
      }
      const awake = (): boolean => changed || isLeaving();
      if (wakeAt === null) await condition(awake);
      else await condition(awake, Math.max(1, wakeAt - Date.now()));
    }
  }

  /** A build that outlives its estimate says nothing: now and then it is asked what would be done sooner elsewhere. */
  async function watchTail(): Promise<void> {
    for (;;) {
      await condition(() => state.head.step === "build");
      await sleep(TAIL_LOOK);
      renewSubscription();
      changed = true;
    }
  }

  /** Has the scheduler run forward in the background. Without its outlook the run goes on as well. */
  function look(): void {
    const asked = Date.now();
    if (looking || !state.wantsOutlook(asked)) return;
    looking = true;
    lookAhead(state.standing(asked))
      .then((outlook) => state.foresee(outlook, asked))
      .catch(() => {})
      .finally(() => {
        looking = false;
        changed = true;
      });
  }

  /** The history is long enough. A drone that is being verified is waited for: it would have to begin again. */
  function isLeaving(): boolean {
    return workflowInfo().continueAsNewSuggested && joining.size === 0;
  }

  /** Verifies drones that came, or came back, while the run goes on. */
  function join(): void {
    for (const name of state.drones.unsynced()) {
      if (joining.has(name)) continue;
      joining.add(name);
      void verifyJoiner(state.drones, name, syncRequest(input, state, { fetch: false, pin: state.head.tree }))
        .catch(() => {})
        .finally(() => {
          joining.delete(name);
          changed = true;
        });
    }
  }

  function relocate(relocation: Relocation): void {
    children.relocate(relocation);
    changed = true;
  }

  /** Takes a report of a package's attempt. */
  function take(report: PackageReport): void {
    const effects = state.report(report, Date.now());
    changed = true;
    for (const build of effects.cancel) children.cancel(build);
    strikes.tell(effects);
  }

  /** Nothing is under way that would be lost with this execution. */
  function isSettled(): boolean {
    return !children.isUnsettled && !strikes.isTelling && allHandlersFinished();
  }

  function step(name: RunStep, reason: string | null = null): void {
    const before = state.head.step;
    state.enter(name, Date.now(), reason);
    setCurrentDetails(runDetails(state));
    if (before !== name || !workflowInfo().searchAttributes?.SwarmState) {
      upsertSearchAttributes({ SwarmTarget: [input.target], SwarmRun: [input.run], SwarmState: [name] });
    }
  }
}
