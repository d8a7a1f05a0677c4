import type { Client } from "@temporalio/client";
import { buildPackageId } from "../../workflows/messages.ts";
import { type Event, events, executions } from "../scale/histories.ts";

/** The way from an accepted artifact to the next command, in order. Each is a list of ms, one for each package. */
export interface Hops {
  "binhost's answer reaches the engine": number[];
  "build workflow is given to an orchestrator": number[];
  "it ends with the artifact": number[];
  "the run hears of it": number[];
  "the run is given to an orchestrator": number[];
  "it decides and starts the next": number[];
  "the next build workflow is made": number[];
  "it is given to an orchestrator": number[];
  "it asks for the build": number[];
  "the drone is given the build": number[];
  "the drone starts the command": number[];
}

/** What happened: a chain of packages, and the clocks read where each was accepted and where its command ran. ms since the epoch */
export interface Chain {
  run: string;
  /** Workflow id of the run. */
  workflowId: string;
  cpvs: string[];
  accepted: number[];
  begun: number[];
}

/** Takes the way apart by the times of the histories' events. */
export async function hopsOf(client: Client, { run, workflowId, cpvs, accepted, begun }: Chain): Promise<Hops> {
  const parent: Event[] = [];
  for (const each of (await executions(client, `WorkflowId = "${workflowId}"`)).reverse()) {
    parent.push(...(await events(client, each)));
  }
  const children = await Promise.all(
    cpvs.map((cpv) => events(client, { workflowId: buildPackageId(run, cpv, 1), runId: "", type: "buildPackage" })),
  );
  const steps: number[][] = children.slice(0, -1).map((before, i) => {
    const next = children[i + 1] ?? [];
    const [ofBefore, ofNext] = [buildPackageId(run, cpvs[i] ?? "", 1), buildPackageId(run, cpvs[i + 1] ?? "", 1)];
    const heard = parent.findIndex(
      (event) => event.childWorkflowExecutionCompletedEventAttributes?.workflowExecution?.workflowId === ofBefore,
    );
    return [
      accepted[i] ?? Number.NaN,
      // The last activity is validate.
      timeOf(before.findLast((event) => event.activityTaskCompletedEventAttributes)),
      timeOf(before.findLast((event) => event.workflowTaskStartedEventAttributes)),
      timeOf(before.find((event) => event.workflowExecutionCompletedEventAttributes)),
      timeOf(parent[heard]),
      timeOf(parent.slice(heard).find((event) => event.workflowTaskStartedEventAttributes)),
      timeOf(parent.find((event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId === ofNext)),
      timeOf(next.find((event) => event.workflowExecutionStartedEventAttributes)),
      timeOf(next.find((event) => event.workflowTaskStartedEventAttributes)),
      timeOf(next.find((event) => event.activityTaskScheduledEventAttributes)),
      timeOf(next.find((event) => event.activityTaskStartedEventAttributes)),
      begun[i + 1] ?? Number.NaN,
    ];
  });
  const hop = (to: number): number[] => steps.map((times) => (times[to] ?? Number.NaN) - (times[to - 1] ?? Number.NaN));
  return {
    "binhost's answer reaches the engine": hop(1),
    "build workflow is given to an orchestrator": hop(2),
    "it ends with the artifact": hop(3),
    "the run hears of it": hop(4),
    "the run is given to an orchestrator": hop(5),
    "it decides and starts the next": hop(6),
    "the next build workflow is made": hop(7),
    "it is given to an orchestrator": hop(8),
    "it asks for the build": hop(9),
    "the drone is given the build": hop(10),
    "the drone starts the command": hop(11),
  };
}

/** ms since the epoch, with fractions. */
function timeOf(event: Event | undefined): number {
  const time = event?.eventTime;
  return time ? Number(time.seconds) * 1_000 + (time.nanos ?? 0) / 1e6 : Number.NaN;
}
