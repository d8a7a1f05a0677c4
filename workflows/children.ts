import { WorkflowExecutionAlreadyStartedError } from "@temporalio/common";
import {
  ActivityCancellationType,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";
import { type OrchestratorActivities, QUEUES } from "../model/activities.ts";
import type { BuildOrder, BuiltArtifact } from "../model/build.ts";
import type { Cost } from "../scheduler/work.ts";
import { buildPackage } from "./buildPackage.ts";
import { sentenceOf } from "./failures.ts";
import { buildPackageId, type PackageReport, type WorldUpdateInput } from "./messages.ts";
import type { Relocation } from "./states/builds.ts";
import type { Delegation } from "./states/delegations.ts";
import type { RunState } from "./states/run.ts";

/** A run's `buildPackage` workflows, one for each delegation. */
export class Children {
  readonly #input: WorldUpdateInput;
  readonly #state: RunState;
  readonly #take: (report: PackageReport) => void;
  /** Workflow ids asked for and not yet confirmed: a run that ended or continued now could leave them unborn. */
  readonly #unborn = new Set<string>();
  #cancelling = 0;

  /** @param take gets what comes of each; successes that children return, and their violent ends. */
  constructor(input: WorldUpdateInput, state: RunState, take: (report: PackageReport) => void) {
    this.#input = input;
    this.#state = state;
    this.#take = take;
  }

  /** Whether something asked of the engine is not confirmed yet: the run must neither end nor continue as new. */
  get isUnsettled(): boolean {
    return this.#unborn.size > 0 || this.#cancelling > 0;
  }

  /** Starts the child of a delegation and waits for it in the background. */
  start(delegation: Delegation): void {
    void this.#follow(delegation, () => this.#resultOfNew(delegation));
  }

  /** Waits for the child of a delegation that an earlier execution of the run has started. */
  resume(delegation: Delegation): void {
    void this.#follow(delegation, () => this.#resultOf(delegation));
  }

  /** A build begins on another drone; where it ran, it ends or goes on beside. */
  relocate({ stopped, started }: Relocation): void {
    if (stopped) this.cancel(stopped);
    this.start(started);
  }

  /** Ends a build that nobody waits for; one that has ended by itself is left alone. */
  cancel(delegation: Delegation): void {
    this.#cancelling++;
    void CancellationScope.nonCancellable(() => this.#cancel(delegation)).finally(() => this.#cancelling--);
  }

  /** Ends all, and waits for their reports that nothing runs any more; a drone that is gone must not hold that up. */
  async cancelAll(): Promise<void> {
    await Promise.all(this.#state.delegations().map((delegation) => this.#cancel(delegation)));
    await condition(() => this.#state.delegations().length === 0, "1m");
  }

  /** What the drone is told. */
  orderOf({ index, cpv, attempt, jobs, tail }: Delegation): BuildOrder {
    const { run, target, noOutputSeconds } = this.#input;
    const { plan, tree, bundle } = this.#state.head;
    const estimate = this.#state.estimate(index);
    return {
      ...{ run, target, plan: plan ?? "", tree: tree ?? "", bundle: bundle ?? "" },
      index: this.#state.planIndex(index),
      ...{ cpv, attempt, jobs, tail, noOutputSeconds },
      // The drone sets it by urgency as soon as the build runs.
      nice: 0,
      estimate: orderEstimate(estimate),
      ...(estimate.diskBytes === undefined ? {} : { diskBytes: estimate.diskBytes }),
    };
  }

  /** Waits for a package's child. It returns a success, reports what else came of it by signal; its violent end is seen here. */
  async #follow({ cpv, attempt, drone }: Delegation, result: () => Promise<BuiltArtifact | null>): Promise<void> {
    const report = { cpv, attempt, drone };
    try {
      const artifact = await CancellationScope.nonCancellable(result);
      if (artifact) this.#take({ ...report, artifact });
    } catch (error) {
      const failure = { class: "infrastructure", message: `its workflow ended: ${sentenceOf(error)}` } as const;
      if (this.#state.isCurrent(cpv, attempt)) this.#take({ ...report, failure });
    }
  }

  /** Starts a package's child; what it returns. */
  async #resultOfNew(delegation: Delegation): Promise<BuiltArtifact | null> {
    const id = this.#idOf(delegation);
    try {
      this.#unborn.add(id);
      const child = await this.#startChild(id, delegation).finally(() => this.#unborn.delete(id));
      return await child.result();
    } catch (error) {
      // A reset of this run in the engine repeats its starts: the child is there.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return await this.#resultOf(delegation);
      throw error;
    }
  }

  /** What a child returns that this execution of the run has not started itself. */
  async #resultOf(delegation: Delegation): Promise<BuiltArtifact | null> {
    const { outcomeOf } = proxyActivities<OrchestratorActivities>({
      taskQueue: QUEUES.orchestrator,
      startToCloseTimeout: "30d",
      heartbeatTimeout: "15s",
      cancellationType: ActivityCancellationType.ABANDON,
      summary: `end of ${delegation.cpv}`,
    });
    return await outcomeOf(this.#idOf(delegation));
  }

  #startChild(workflowId: string, delegation: Delegation) {
    const { cpv, drone } = delegation;
    const { run, target, binhost } = this.#input;
    const reportTo = workflowInfo().workflowId;
    return startChild(buildPackage, {
      workflowId,
      taskQueue: QUEUES.orchestrator,
      // The run continues as new under its children; their reports come by signal.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `${cpv} on ${drone}`,
      searchAttributes: { SwarmTarget: [target], SwarmRun: [run], SwarmPackage: [cpv], SwarmDrone: [drone] },
      args: [{ drone, binhost, reportTo, returnsSuccess: true, order: this.orderOf(delegation) }],
    });
  }

  async #cancel(delegation: Delegation): Promise<void> {
    const id = this.#idOf(delegation);
    // What is not there yet cannot be cancelled, and would go on for nobody.
    await condition(() => !this.#unborn.has(id));
    await getExternalWorkflowHandle(id)
      .cancel()
      .catch(() => {});
  }

  #idOf({ cpv, attempt }: Delegation): string {
    return buildPackageId(this.#input.run, cpv, attempt);
  }
}

function orderEstimate({ work, serial, width, sigma }: Cost): NonNullable<BuildOrder["estimate"]> {
  return { work, serial, width, sigma };
}
