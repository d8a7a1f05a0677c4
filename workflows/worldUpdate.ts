import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from "@temporalio/workflow";
import {
  type BinhostActivities,
  type DroneControlActivities,
  type OrchestratorActivities,
  QUEUES,
  type SyncRequest,
} from "../model/activities.ts";
import type { BuildOrder, BuiltArtifact } from "../model/build.ts";
import type { RunStep } from "../model/run.ts";
import type { Cost } from "../scheduler/work.ts";
import { AppetiteTeller } from "./appetite.ts";
import { balance } from "./balance.ts";
import { buildPackage } from "./buildPackage.ts";
import { runDetails } from "./details.ts";
import { sentenceOf, wasNotTaken } from "./failures.ts";
import {
  buildPackageId,
  FLEET_ID,
  fleetChangedSignal,
  type PackageReport,
  packageReportSignal,
  packagesQuery,
  runQuery,
  strikeSignal,
  subscribeSignal,
  unsubscribeSignal,
  type WorldUpdateInput,
  type WorldUpdateResult,
  whyQuery,
} from "./messages.ts";
import { type Decisions, handleOperators } from "./operators.ts";
import type { Delegation } from "./states/delegations.ts";
import { type Relocation, RunState, type SavedRun } from "./states/run.ts";
import { syncDrones, verifyDrones, verifyJoiner } from "./verify.ts";

const { lookAhead } = proxyActivities<OrchestratorActivities>({
  taskQueue: QUEUES.orchestrator,
  startToCloseTimeout: "1m",
  heartbeatTimeout: "15s",
  retry: { maximumAttempts: 2 },
  summary: "run the scheduler forward",
});

/** How long a run waits for the first drone before it says that there is none. */
const FIRST_DRONE = "5m";

/** So long nothing may happen before a run continues as new: about what that takes at 20,000 packages. */
const QUIET = "300ms";
/** After so long it tries without. ms */
const PATIENCE_MS = 10_000;

/** How often a run looks whether what holds it up would be done sooner elsewhere, if nothing happens meanwhile. */
const TAIL_LOOK = "2m";

/** What a run that continues as new adds to its state. Runs of versions that did not know it have none. */
export interface Continued {
  /** Its children return their success, to whom it may concern. */
  childrenReturn: true;
}

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
  /** Children asked for and not yet confirmed: a run that ended or continued now could leave them unborn. */
  let starting = 0;
  let leavingSince: number | null = null;
  /** What an operator's cancel interrupts. */
  const work = new CancellationScope();
  const self = workflowInfo().workflowId;
  const fleetHandle = getExternalWorkflowHandle(FLEET_ID);
  const appetite = new AppetiteTeller(fleetHandle, self, state);
  const binhost = proxyActivities<BinhostActivities>({
    taskQueue: QUEUES.binhost(input.binhost),
    startToCloseTimeout: "1h",
    heartbeatTimeout: "1m",
    retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

  setHandler(runQuery, () => state.view(Date.now()));
  setHandler(packagesQuery, () => state.packages());
  setHandler(whyQuery, (names) => state.why(names, Date.now()));
  setHandler(fleetChangedSignal, (views) => {
    state.drones.update(views);
    appetite.tell();
    changed = true;
  });
  setHandler(packageReportSignal, take);
  const wake = (): void => {
    changed = true;
  };
  handleOperators({
    ...{ state, decisions, wake, interrupt: () => work.cancel() },
    balance: () => balance(state, orderOf, relocate),
  });

  try {
    return await work.run(async () => {
      await fleetHandle.signal(subscribeSignal, { workflowId: self, builds: appetite.said });
      const early = saved ? null : await prepare();
      if (early) return await end(early, "done");
      if (continued) for (const delegation of state.delegations()) void follow(delegation, () => resultOf(delegation));
      void watchTail().catch(() => {});
      await buildUntilGate();
      return await CancellationScope.nonCancellable(publish);
    });
  } catch (error) {
    if (isCancellation(error)) {
      return await CancellationScope.nonCancellable(async () => {
        await cancelChildren();
        return await end("cancelled", "cancelled", `cancelled by ${decisions.cancelledBy ?? "the engine"}`);
      });
    }
    if (error instanceof ApplicationFailure || error instanceof ActivityFailure) {
      const reason = sentenceOf(error);
      await end("cancelled", "failed", reason);
      throw ApplicationFailure.nonRetryable(reason, "RunStopped");
    }
    throw error;
  }

  async function publish(): Promise<WorldUpdateResult> {
    appetite.tell();
    const published = await binhost.publish({
      target: input.target,
      run: input.run,
      tree: state.head.tree ?? "",
      bundle: state.head.bundle ?? "",
      createdAt: new Date(state.head.stepSince).toISOString(),
    });
    decisions.published = published;
    state.published(published.snapshot);
    return await end("published", "done");
  }

  /** Sync, verify and resolve. Returns the outcome where there is nothing to build. */
  async function prepare(): Promise<WorldUpdateResult["outcome"] | null> {
    step("sync", "waiting for a drone");
    if (!(await condition(() => state.drones.available().length > 0, FIRST_DRONE))) {
      stop("no drone is online. Start one: swarm drone NAME (or all of this machine: swarm up)");
    }
    step("sync");
    const pinned = await binhost.pinTarget(input.target);
    state.pin(pinned);
    const request = syncRequest(options.sync, null);
    await syncDrones(state.drones, state.drones.available(), request);
    step("verify");
    const tree = await verifyDrones(state.drones, request);
    if (tree === null) {
      const reasons = state.drones.all().map((d) => `${d.name}: ${d.reason ?? "away"}`);
      stop(`no drone could be verified. ${reasons.join("; ")}`);
    }
    state.setTree(tree);
    step("resolve");
    const result = await resolve(tree);
    state.setPlan(result);
    changed = true;
    if (result.unresolvable.length > 0 && !options.skipUnresolvable) {
      const atoms = result.unresolvable.flatMap((u) => u.atoms).join(", ");
      stop(`the world does not resolve: ${atoms}. Mend the target or the tree, or build the rest: --skip-unresolvable`);
    }
    if (state.neededCount() === 0) return "nothing-to-build";
    return options.dryRun ? "dry-run" : null;
  }

  /** Asks a verified drone; if it goes away meanwhile, the next one. */
  async function resolve(tree: string) {
    for (;;) {
      const name = state.drones.verified()[0];
      if (name === undefined) stop("no verified drone is left to resolve the plan");
      const { resolvePlan } = proxyActivities<DroneControlActivities>({
        taskQueue: QUEUES.control(name),
        scheduleToStartTimeout: "20s",
        startToCloseTimeout: "2h",
        heartbeatTimeout: "30s",
        retry: { initialInterval: "1s", maximumInterval: "15s", maximumAttempts: 3 },
        summary: `resolve ${input.atoms.join(" ")} on ${name}`,
      });
      try {
        return await resolvePlan({
          run: input.run,
          target: input.target,
          bundle: state.head.bundle ?? "",
          tree,
          trees: input.trees,
          snapshot: state.head.base,
          atoms: input.atoms,
        });
      } catch (error) {
        if (isCancellation(error)) throw error;
        if (!wasNotTaken(error)) stop(`resolution failed on ${name}: ${sentenceOf(error)}`);
        state.drones.set(name, "unsynced", "did not answer");
      }
    }
  }

  /** Builds, and waits at the gate, until a finalize is taken. */
  async function buildUntilGate(): Promise<void> {
    step(state.head.step === "gate" ? "gate" : "build");
    for (;;) {
      changed = false;
      join();
      const leaving = isLeaving();
      const { delegations, wakeAt } = leaving ? { delegations: [], wakeAt: null } : state.start(Date.now());
      for (const delegation of delegations) void follow(delegation, () => resultOfNew(delegation));
      if (!leaving) for (const relocation of state.relieve(Date.now())) relocate(relocation);
      if (!leaving) {
        look();
        appetite.tell();
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
      } else if (state.head.step === "gate") step("build");
      if (decisions.finalizing !== null) {
        state.note(`finalize by ${decisions.finalizing.by}`, Date.now());
        step("publish");
        return;
      }
      setCurrentDetails(runDetails(state));
      if (leaving) {
        await leave();
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

  /**
   * Continues as new, or returns when something has changed. Whatever arrives while the engine takes the run's state over
   * makes that fail and the whole history be replayed, for ever where builds end faster than that: so nothing new was
   * started, and it waits until nothing happens. A finalize that comes meanwhile waits for the publish: it must be let through.
   */
  async function leave(): Promise<void> {
    leavingSince ??= Date.now();
    if (Date.now() - leavingSince < PATIENCE_MS && (await condition(() => changed, QUIET))) return;
    const ready = (): boolean => starting === 0 && allHandlersFinished();
    await condition(() => changed || ready());
    if (!changed) await continueAsNew<typeof worldUpdate>(input, state.save(Date.now()), { childrenReturn: true });
  }

  /** Verifies drones that came, or came back, while the run goes on. */
  function join(): void {
    for (const name of state.drones.unsynced()) {
      if (joining.has(name)) continue;
      joining.add(name);
      void verifyJoiner(state.drones, name, syncRequest(false, state.head.tree))
        .catch(() => {})
        .finally(() => {
          joining.delete(name);
          changed = true;
        });
    }
  }

  /** Takes a report of a package's attempt. */
  async function take(report: PackageReport): Promise<void> {
    const effects = state.report(report, Date.now());
    changed = true;
    for (const build of effects.cancel) void cancelChild(build);
    const strikes = [...effects.strikes, ...effects.forgive.map((drone) => ({ drone, reason: null }))];
    // A fleet that is gone keeps no strikes; the run goes on.
    for (const strike of strikes) await fleetHandle.signal(strikeSignal, strike).catch(() => {});
  }

  /** A build begins on another drone; where it ran, it ends or goes on beside. */
  function relocate({ stopped, started }: Relocation): void {
    if (stopped) void cancelChild(stopped);
    void follow(started, () => resultOfNew(started));
    changed = true;
  }

  /** Waits for a package's child. It returns a success, reports what else came of it by signal; its violent end is seen here. */
  async function follow(
    { cpv, attempt, drone }: Delegation,
    result: () => Promise<BuiltArtifact | null>,
  ): Promise<void> {
    const report = { cpv, attempt, drone };
    try {
      const artifact = await CancellationScope.nonCancellable(result);
      if (artifact) await take({ ...report, artifact });
    } catch (error) {
      const failure = { class: "infrastructure", message: `its workflow ended: ${sentenceOf(error)}` } as const;
      if (state.isCurrent(cpv, attempt)) await take({ ...report, failure });
    }
  }

  /** Starts a package's child; what it returns. */
  async function resultOfNew(delegation: Delegation): Promise<BuiltArtifact | null> {
    try {
      starting++;
      const child = await start(delegation).finally(() => starting--);
      return await child.result();
    } catch (error) {
      // A reset of this run in the engine repeats its starts: the child is there.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return await resultOf(delegation);
      throw error;
    }
  }

  /** What a child returns that this execution of the run has not started itself. */
  async function resultOf({ cpv, attempt }: Delegation): Promise<BuiltArtifact | null> {
    const { outcomeOf } = proxyActivities<OrchestratorActivities>({
      taskQueue: QUEUES.orchestrator,
      startToCloseTimeout: "30d",
      heartbeatTimeout: "15s",
      cancellationType: ActivityCancellationType.ABANDON,
      summary: `end of ${cpv}`,
    });
    return await outcomeOf(buildPackageId(input.run, cpv, attempt));
  }

  function start(delegation: Delegation) {
    const { cpv, attempt, drone } = delegation;
    return startChild(buildPackage, {
      workflowId: buildPackageId(input.run, cpv, attempt),
      taskQueue: QUEUES.orchestrator,
      // The run continues as new under its children; their reports come by signal.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `${cpv} on ${drone}`,
      searchAttributes: {
        SwarmTarget: [input.target],
        SwarmRun: [input.run],
        SwarmPackage: [cpv],
        SwarmDrone: [drone],
      },
      args: [
        {
          drone,
          binhost: input.binhost,
          reportTo: self,
          returnsSuccess: true,
          order: orderOf(delegation),
        },
      ],
    });
  }

  function orderOf({ index, cpv, attempt, jobs, tail }: Delegation): BuildOrder {
    return {
      run: input.run,
      target: input.target,
      plan: state.head.plan ?? "",
      tree: state.head.tree ?? "",
      bundle: state.head.bundle ?? "",
      index: state.planIndex(index),
      ...{ cpv, attempt, jobs, tail },
      // The drone sets it by urgency as soon as the build runs.
      nice: 0,
      estimate: orderEstimate(state.estimate(index)),
      noOutputSeconds: input.noOutputSeconds,
    };
  }

  /** Ends a build that nobody waits for; one that has ended by itself is left alone. */
  async function cancelChild({ cpv, attempt }: Delegation): Promise<void> {
    await getExternalWorkflowHandle(buildPackageId(input.run, cpv, attempt))
      .cancel()
      .catch(() => {});
  }

  async function cancelChildren(): Promise<void> {
    await condition(() => starting === 0);
    await Promise.all(state.delegations().map(cancelChild));
    // Their reports say that nothing runs any more; a drone that is gone must not hold up the end.
    await condition(() => state.delegations().length === 0, "1m");
  }

  async function end(
    outcome: WorldUpdateResult["outcome"],
    last: RunStep,
    reason: string | null = null,
  ): Promise<WorldUpdateResult> {
    return await CancellationScope.nonCancellable(async () => {
      step(
        last,
        reason ?? (outcome === "nothing-to-build" ? "everything that the target needs is published already" : null),
      );
      await fleetHandle.signal(unsubscribeSignal, { workflowId: self }).catch(() => {});
      await condition(allHandlersFinished);
      return { run: input.run, outcome, snapshot: state.head.snapshot, view: state.view(Date.now()) };
    });
  }

  function syncRequest(fetch: boolean, pin: string | null): SyncRequest {
    const { run, target, trees } = input;
    return { run, target, trees, bundle: state.head.bundle ?? "", fetch, pin };
  }

  function step(name: RunStep, reason: string | null = null): void {
    const before = state.head.step;
    state.enter(name, Date.now(), reason);
    setCurrentDetails(runDetails(state));
    if (before !== name || !workflowInfo().searchAttributes?.SwarmState) {
      upsertSearchAttributes({ SwarmTarget: [input.target], SwarmRun: [input.run], SwarmState: [name] });
    }
  }

  /** Ends the run with a reason that a person can act on. */
  function stop(reason: string): never {
    throw ApplicationFailure.nonRetryable(reason, "RunStopped");
  }
}

function orderEstimate({ work, serial, width, sigma }: Cost): NonNullable<BuildOrder["estimate"]> {
  return { work, serial, width, sigma };
}
